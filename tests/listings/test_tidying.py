"""Files of photos that nothing shows leave the store a day later; whatever a row names stays, at every moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import chores, clock
from marketplace.database import db, unit_of_work
from marketplace.disputes.models import DisputePhoto
from marketplace.listings import photos, tidying
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.listings.photo_store import PhotoStore, open_photo_store
from marketplace.orders.models import Order
from marketplace.payments.models import ProviderLook
from marketplace.programme import versions
from tests.photos import phone_photo
from tests.shopping import buy, live_listing
from tests.web import Browser

DAYS = 2


@pytest.fixture
def store(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PhotoStore:
    made = open_photo_store(tmp_path.as_uri())
    monkeypatch.setitem(app.extensions, "photo_store", made)
    return made


def photo(name: str, store: PhotoStore, tmp_path: Path, *, days: float = DAYS) -> str:
    """A photo of two files that came so many days ago; returns its folder."""
    folder = f"photos/ab/{name}"
    for width in (320, 900):
        store.put(f"{folder}/{width}.webp", name.encode())
        came = time.time() - days * 86_400
        os.utime(tmp_path / folder / f"{width}.webp", (came, came))
    return folder


def name_in_a_listing(folder: str) -> None:
    with unit_of_work() as session:
        listing = session.scalars(sa.select(Listing)).first()
        assert listing is not None
        about = {"listing_id": listing.id, "slot": "front", "taken_at": clock.now()}
        picture = {"key": folder, "width": 900, "height": 1200, "widths": [320, 900]}
        session.add(ListingPhoto(**about, **picture, perceptual_hash=1, mirrored_hash=1))


def left(store: PhotoStore) -> list[str]:
    return sorted({key.rpartition("/")[0].rpartition("/")[2] for key in store.list()})


def test_what_nothing_names_and_is_not_young_goes(
    app: Flask, client: Browser, store: PhotoStore, tmp_path: Path
) -> None:
    (order,) = buy(client, live_listing())
    for name in ("lost", "listed", "sold"):
        photo(name, store, tmp_path)
    photo("young", store, tmp_path, days=0.9)
    photo("other", store, tmp_path)
    store.put("textures/leather.webp", b"no photo")
    name_in_a_listing("photos/ab/listed")
    with unit_of_work() as session:
        kept = session.get_one(Order, order.id)
        kept.as_sold = {**kept.as_sold, "photos": [{"slot": "front", "key": "photos/ab/sold"}]}
    assert DisputePhoto.__table__ in tidying._tables_of_pictures()
    assert tidying.tidy() == 2
    assert left(store) == ["listed", "sold", "textures", "young"]
    assert tidying.tidy() == 0


def test_an_upload_under_way_keeps_its_files_whichever_comes_first(
    app: Flask, store: PhotoStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_listing()
    folder, delete = photo("again", store, tmp_path), type(store).delete

    def row_comes_meanwhile(self: PhotoStore, key: str) -> None:
        if key.endswith("/320.webp"):
            name_in_a_listing(folder)
        delete(self, key)

    monkeypatch.setattr(type(store), "delete", row_comes_meanwhile)
    assert tidying.tidy() == 0
    assert [store.get(f"{folder}/{width}.webp") for width in (320, 900)] == [b"again"] * 2


def test_an_upload_that_found_its_files_writes_them_again_where_they_have_gone(
    app: Flask, store: PhotoStore, tmp_path: Path
) -> None:
    rules = versions.current().policy.photos
    photos.prepare(phone_photo(), rules)
    prepared = photos.prepare(phone_photo(), rules)
    for key in store.list():
        store.delete(key)
    with unit_of_work():
        db.session.execute(sa.select(sa.func.count()).select_from(Listing))
    assert len(store.list()) == len(prepared.rendered.renditions)


def test_the_runner_tidies_once_a_day(
    app: Flask, store: PhotoStore, tmp_path: Path, run_jobs: Callable[[], None]
) -> None:
    photo("lost", store, tmp_path)
    run_jobs()
    assert left(store) == ["lost"], "the control: no day has passed"
    with unit_of_work() as session:
        a_day_ago = clock.shared() - timedelta(days=1)
        session.execute(
            sa.update(ProviderLook).where(ProviderLook.source == chores.TIDYING).values(looked_at=a_day_ago)
        )
    run_jobs()
    assert left(store) == []
