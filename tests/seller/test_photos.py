"""The photos of a draft, over HTTP: what is taken, what is said at once, who sees them."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.listings import photo_uploads, photos
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.listings.photo_pipeline import prepare_photo
from marketplace.listings.photo_store import open_photo_store
from marketplace.listings.prepared_photos import RenderedPhoto, photo_key
from marketplace.listings.states import ListingState
from marketplace.orders import refunding
from marketplace.orders.refunding import EndReason
from marketplace.people.models import Person, Role
from tests import photos as pictures
from tests.accounts import an_account
from tests.listings.pieces import a_submitted_listing, approve, seller_of
from tests.programme.world import a_draft, a_flaw, an_order, graded, paid
from tests.shopping import buy, live_listing
from tests.web import Browser, form_fields, page, post_form


def file_of(data: bytes, name: str = "IMG_1.jpg") -> Any:
    return (io.BytesIO(data), name)


@pytest.fixture
def draft(app: Flask) -> Listing:
    return graded(a_draft(), "excellent")


@pytest.fixture
def browser(client: Browser, draft: Listing) -> Browser:
    client.sign_in_as(seller_of(draft))
    return client


def url(draft: Listing) -> str:
    return f"/sell/listings/{draft.number}/photos"


def kept() -> list[ListingPhoto]:
    return list(db.session.scalars(sa.select(ListingPhoto).order_by(ListingPhoto.id)))


def send_alone(browser: Browser, draft: Listing, slot: str, data: bytes) -> Any:
    """As the page's script does it: one photo, and an answer it can read."""
    token = form_fields(page(browser.get(url(draft))).find("form", id="photos"))["csrf_token"]  # type: ignore[arg-type]
    return browser.post(
        url(draft), data={"csrf_token": token, slot: file_of(data)}, headers={"Accept": "application/json"}
    )


@pytest.mark.rule("MK-27", "MK-28")
def test_the_page_names_each_view_and_says_how_to_take_it(browser: Browser, draft: Listing) -> None:
    shown = page(browser.get(url(draft)))
    named = [field["name"] for field in shown.find_all("input", type="file")]
    assert named == ["front", "back", "inside", "base"]
    assert {field["accept"] for field in shown.find_all("input", type="file")} == {"image/*"}
    assert not shown.find_all(attrs={"capture": True})
    words = shown.get_text(" ", strip=True)
    assert "flat surface" in words and "plain background" in words


@pytest.mark.rule("MK-30", "MK-29")
def test_new_with_tags_and_each_flaw_have_slots_of_their_own(browser: Browser, draft: Listing) -> None:
    graded(draft, "new_with_tags")
    names = [field["name"] for field in page(browser.get(url(draft))).find_all("input", type="file")]
    assert names == ["front", "back", "inside", "base", "price_tag"]
    scratch = a_flaw(draft, "corners", "scratch", "light")
    a_flaw(draft, "smell", "odour", "light")
    names = [field["name"] for field in page(browser.get(url(draft))).find_all("input", type="file")]
    assert names == ["front", "back", "inside", "base", f"flaw-{scratch.id}"]


def test_photos_are_kept_in_their_slots_and_go_on_to_the_price(browser: Browser, draft: Listing) -> None:
    scratch = a_flaw(draft, "corners", "scratch", "light")
    answer = post_form(
        browser,
        url(draft),
        "photos",
        back=file_of(pictures.phone_photo(2)),
        front=file_of(pictures.phone_photo(1), "../../etc/passwd"),
        **{f"flaw-{scratch.id}": file_of(pictures.phone_photo(3))},
    )
    assert answer.location == f"/sell/listings/{draft.number}/price"
    assert [(photo.slot, photo.findings) for photo in draft.photos] == [
        ("front", []),
        ("back", []),
        (f"flaw-{scratch.id}", []),
    ]
    assert scratch.photo is draft.photos[2]


def test_a_second_photo_takes_the_place_of_the_first(browser: Browser, draft: Listing) -> None:
    for seed in (1, 2):
        assert send_alone(browser, draft, "front", pictures.phone_photo(seed)).status_code == 200
    (photo,) = kept()
    other = prepare_photo(pictures.phone_photo(2), photos.PhotoLimits(20, 50), photos.PhotoThresholds(1, 0, 0))
    assert photo.key == other.rendered.folder


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (pictures.picture(500, 660), "660 pixels on its long side; it needs at least 800"),
        (pictures.dark_picture(0.1), "too dark"),
        (pictures.blurred_picture(12), "blurred"),
    ],
    ids=["small", "dark", "blurred"],
)
def test_what_falls_short_is_said_at_once_with_and_without_script(
    browser: Browser, draft: Listing, image: Image.Image, words: str
) -> None:
    answer = send_alone(browser, draft, "front", pictures.jpeg(image))
    assert answer.status_code == 200 and words in " ".join(answer.json["findings"])
    answer = post_form(browser, url(draft), "photos", back=file_of(pictures.jpeg(image)))
    assert answer.location == url(draft)  # not on to the price
    assert page(browser.get(url(draft))).get_text().count(words) == 2


@pytest.mark.fault("X01")
@pytest.mark.parametrize(
    "data",
    [
        pictures.svg(),
        pictures.gif(),
        pictures.truncated(pictures.phone_photo()),
        pictures.png_claiming(60_000, 60_000),
        pictures.heic_sequence(),
        b"not a picture",
    ],
    ids=["svg", "gif", "truncated", "bomb", "moving", "text"],
)
def test_what_is_no_photo_is_refused_beside_its_slot_and_the_others_are_kept(
    browser: Browser, draft: Listing, data: bytes
) -> None:
    answer = send_alone(browser, draft, "front", data)
    assert answer.status_code == 422 and answer.json["error"]["message"]
    assert kept() == []
    answer = post_form(browser, url(draft), "photos", front=file_of(data), back=file_of(pictures.phone_photo()))
    assert answer.status_code == 422
    shown = page(answer)
    assert shown.title.get_text().startswith("Error: ")
    assert shown.find(class_="error-summary").a["href"] == "#front"
    assert [photo.slot for photo in kept()] == ["back"]


def test_an_upload_above_the_limit_is_turned_away(
    browser: Browser, draft: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_uploads, "_FIELDS", 1024)
    monkeypatch.setattr(photo_uploads, "UPLOADS_AT_ONCE", 0)
    answer = browser.post(url(draft), data={"front": file_of(bytes(200_000))})
    assert answer.status_code == 413
    assert kept() == []


def test_one_photo_above_the_policys_weight_is_refused_in_words(browser: Browser, draft: Listing) -> None:
    answer = send_alone(browser, draft, "front", pictures.phone_photo() + bytes(21 * 1024 * 1024))
    assert answer.status_code == 422 and "20 MB" in answer.json["error"]["message"]
    assert kept() == []


def test_nothing_is_locked_while_a_picture_is_computed(
    browser: Browser, draft: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The photo is read between two transactions: none is open then."""
    during: list[bool] = []
    prepare = photos.prepare

    def watched(data: bytes, rules: Any) -> Any:
        during.append(db.session().in_transaction())
        return prepare(data, rules)

    monkeypatch.setattr(photo_uploads.photos, "prepare", watched)
    assert send_alone(browser, draft, "front", pictures.phone_photo()).status_code == 200
    assert during == [False]


def test_a_listing_handed_in_meanwhile_keeps_its_photos(
    browser: Browser, draft: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may come is asked again after the picture was computed."""
    prepare = photos.prepare

    def meanwhile(data: bytes, rules: Any) -> Any:
        with unit_of_work() as session:
            session.execute(sa.update(Listing).values(state=ListingState.SUBMITTED))
        return prepare(data, rules)

    monkeypatch.setattr(photo_uploads.photos, "prepare", meanwhile)
    assert send_alone(browser, draft, "front", pictures.phone_photo()).status_code == 409
    assert kept() == []


@pytest.mark.fault("W12")
def test_a_full_disk_is_said_in_the_slot_nothing_is_half_kept_and_the_shop_sells(
    app: Flask, browser: Browser, draft: Listing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_photo_store(tmp_path.as_uri())
    monkeypatch.setitem(app.extensions, "photo_store", store)
    keep = photos.keep_photo

    def on_a_full_disk(rendered: Any, where: Any) -> None:
        """The disk takes the smaller copies of a photo and not the largest."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(map(len, files_of(rendered))) - 1, hard))
        try:
            keep(rendered, where)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(photos, "keep_photo", on_a_full_disk)
    answer = post_form(browser, url(draft), "photos", front=file_of(pictures.phone_photo()))
    assert answer.status_code == 422 and "could not be kept" in answer.get_data(as_text=True)
    assert kept() == []
    whole = {photo_key(prepared_photo().folder, one.width): one.data for one in prepared_photo().renditions}
    assert 0 < len(store.list()) < len(whole)
    assert all(store.get(key) == whole[key] for key in store.list())
    assert len(buy(as_reader(app, None), live_listing())) == 1

    monkeypatch.setattr(photos, "keep_photo", keep)
    assert send_alone(browser, draft, "front", pictures.phone_photo()).status_code == 200
    assert (len(kept()), sorted(store.list())) == (1, sorted(whole))


def test_control_a_photo_recorded_whatever_the_disk_says_is_a_broken_row(
    app: Flask, browser: Browser, draft: Listing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_photo_store(tmp_path.as_uri())
    monkeypatch.setitem(app.extensions, "photo_store", store)
    monkeypatch.setattr(photos, "keep_photo", lambda _rendered, _store: None)
    assert send_alone(browser, draft, "front", pictures.phone_photo()).status_code == 200
    assert (len(kept()), store.list()) == (1, [])


def prepared_photo() -> RenderedPhoto:
    """What becomes of the photo of these tests."""
    limits, thresholds = photos.PhotoLimits(20, 50), photos.PhotoThresholds(1, 0, 0)
    return prepare_photo(pictures.phone_photo(), limits, thresholds).rendered


def files_of(rendered: RenderedPhoto) -> list[bytes]:
    return [rendition.data for rendition in rendered.renditions]


@pytest.mark.parametrize("slot", ["cellar", "flaw-0", "flaw-99", "flaw-x", "price_tag'", "flaw"])
def test_a_slot_the_policy_does_not_name_is_not_there(browser: Browser, draft: Listing, slot: str) -> None:
    assert send_alone(browser, draft, slot, pictures.phone_photo()).status_code == 404
    assert kept() == []


def test_the_number_of_photos_is_limited(browser: Browser, draft: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work():
        for slot in range(20):
            db.session.add(
                ListingPhoto(
                    listing_id=draft.id,
                    slot=f"old-{slot}",
                    key="photos/aa/bb",
                    width=1,
                    height=1,
                    widths=[1],
                    taken_at=clock.now(),
                    perceptual_hash=slot,
                    mirrored_hash=slot,
                )
            )
    db.session.expire_all()
    assert send_alone(browser, draft, "front", pictures.phone_photo()).status_code == 422


def test_a_photo_can_be_taken_out_again(browser: Browser, draft: Listing) -> None:
    send_alone(browser, draft, "front", pictures.phone_photo())
    answer = post_form(browser, url(draft), "remove-photo-front")
    assert answer.status_code == 303 and kept() == []
    assert browser.get(url(draft)).status_code == 200


# Seeing them ---------------------------------------------------------------------------------------------------------


def address(photo: ListingPhoto, width: int | None = None) -> str:
    return f"/{photo.key}/{width or photo.widths[0]}.webp"


def as_reader(app: Flask, person: Person | None, *, second_factor: bool = True) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    if person is not None:
        browser.sign_in_as(person, second_factor=second_factor)
    return browser


@pytest.fixture
def waiting(app: Flask) -> Listing:
    """A listing in review whose photo is really in the store."""
    listing = a_submitted_listing()
    for photo in listing.photos:
        for width in photo.widths:
            photos.photo_store().put(
                f"{photo.key}/{width}.webp", pictures.webp(pictures.picture(width, width * 4 // 3))
            )
    return listing


@pytest.mark.fault("P04")
def test_photos_of_a_listing_that_is_not_public_are_its_sellers_and_staffs_alone(app: Flask, waiting: Listing) -> None:
    photo = waiting.photos[0]
    strangers: list[Callable[[], Browser]] = [
        lambda: as_reader(app, None),
        lambda: as_reader(app, an_account()),
        lambda: as_reader(app, an_account(roles=[Role.REVIEWER]), second_factor=False),
    ]
    for stranger in strangers:
        assert stranger().get(address(photo)).status_code == 404
    for reader in (seller_of(waiting), an_account(roles=[Role.REVIEWER])):
        answer = as_reader(app, reader).get(address(photo))
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_whoever_bought_the_piece_sees_its_photos_when_the_listing_is_gone(app: Flask, waiting: Listing) -> None:
    approve(waiting)
    order = paid(an_order(waiting))
    with unit_of_work():
        refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=seller_of(waiting), at=clock.now())
    assert waiting.state is ListingState.WITHDRAWN
    photo = waiting.photos[0]
    assert as_reader(app, order.buyer).get(address(photo)).status_code == 200
    for stranger in (None, an_account()):
        assert as_reader(app, stranger).get(address(photo)).status_code == 404


def test_photos_of_a_live_listing_are_for_everyone_for_ever(app: Flask, waiting: Listing) -> None:
    approve(waiting)
    photo = waiting.photos[0]
    reader = as_reader(app, None)
    answer = reader.get(address(photo))
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    again = reader.get(address(photo), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.fault("X13")
@pytest.mark.parametrize(
    "path",
    [
        "/photos/../instance/reprise.db/320.webp",
        "/photos/%2e%2e/%2e%2e/etc/passwd/320.webp",
        "/photos/aa/bb/320.webp",
        "/photos/aa/bb/../../320.webp",
        "/photos/..%5c..%5cetc/320.webp",
        "/photos/aa//320.webp",
    ],
)
def test_no_way_out_of_the_store(app: Flask, waiting: Listing, path: str) -> None:
    assert as_reader(app, seller_of(waiting)).get(path).status_code in (404, 308)


def test_a_width_that_was_never_made_is_not_there(app: Flask, waiting: Listing) -> None:
    approve(waiting)
    assert as_reader(app, None).get(address(waiting.photos[0], 77)).status_code == 404
