"""A consignment over HTTP, from the form to the shop: what its owner and the desk see and press, and nobody else."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from marketplace.consignments.models import Consignment
from marketplace.consignments.states import PieceState
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.listings.states import ListingState
from tests.accounts import an_account
from tests.consignments import steps
from tests.photos import phone_photo
from tests.web import Browser, page, post_form

PIECE = {
    "title": "Marlow tote",
    "house": "Velorne",
    "category": "tote",
    "colour": "navy",
    "grade": "excellent",
    "retail": "400",
}
HOME = {
    "name": "Ada Quill",
    "line1": "14 Hudson Street",
    "city": "New York",
    "region": "NY",
    "postcode": "10013",
}


def filled(count: int, **changes: str) -> dict[str, str]:
    pieces = {f"pieces-{number}-{key}": value for number in range(count) for key, value in PIECE.items()}
    return {**pieces, **HOME, **changes}


def asked(client: Browser) -> Consignment:
    answer = post_form(client, "/sell/consign", "consign", **filled(2))
    assert answer.status_code == 303
    runner.run_until_idle()
    return db.session.scalars(db.select(Consignment)).one()


@pytest.mark.rule("NAP-25", "NAP-27")
def test_the_form_says_at_each_piece_why_it_is_not_taken_and_keeps_what_was_typed(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(min_pieces=2, max_pieces=3)
    client.sign_in_as(an_account())
    refused = post_form(client, "/sell/consign", "consign", **filled(2, **{"pieces-1-grade": "fair"}))
    assert refused.status_code == 422
    shown = page(refused)
    assert "could not carry them as they are" in shown.get_text()
    assert shown.select_one('input[name="pieces-1-title"]')["value"] == "Marlow tote"  # type: ignore[index]
    more = page(post_form(client, "/sell/consign", "consign", **filled(2), add="1"))
    assert len(more.select('input[name$="-title"]')) == 3
    assert more.select_one('input[name="pieces-0-title"]')["value"] == "Marlow tote"  # type: ignore[index]
    assert not more.select('button[name="add"]')
    weekend = post_form(client, "/sell/consign", "consign", **filled(2, collect_on="2026-11-29"))
    assert (weekend.status_code, "Choose a business day" in weekend.get_data(as_text=True)) == (422, True)
    assert db.session.query(Consignment).count() == 0


def test_the_whole_way_into_the_shop(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(min_pieces=2)
    owner, expert, clerk = an_account(), steps.expert(), steps.clerk()
    client.sign_in_as(owner)
    made = asked(client)
    ours, theirs = f"/desk/intake/{made.number}", f"/sell/consign/{made.number}"
    label = client.get(f"{theirs}/label.pdf")
    assert (label.status_code, label.headers["Cache-Control"]) == (200, "no-store")

    client.sign_in_as(clerk)
    assert client.get(f"/desk/intake?tag={made.number.lower()}").location == ours
    assert client.get(f"/desk/intake?tag={made.number}-2").location == f"{ours}/2"
    assert "Nothing here has this number" in client.get("/desk/intake?tag=nope").get_data(as_text=True)
    assert post_form(client, ours, "receive-1", place="Shelf 1").status_code == 303
    assert post_form(client, f"{ours}/1", "examine").status_code == 303
    piece = steps.piece_of(made)
    assert piece.listing is not None
    bench = f"/desk/supply/{piece.listing.number}"
    post_form(client, bench, "save-supply", grade="excellent", words="", price="150")
    post_form(
        client,
        bench,
        "photos",
        **{slot: (io.BytesIO(phone_photo()), "IMG.jpg") for slot in ("front", "back", "inside")},
    )
    assert post_form(client, bench, "publish").status_code == 409  # its owner has to agree
    client.sign_in_as(expert)
    for verb in ("genuine", "propose"):
        assert post_form(client, f"{ours}/1", verb).status_code == 303

    client.sign_in_as(an_account())
    for address in (theirs, f"{theirs}/1", f"{theirs}/label.pdf"):
        assert client.get(address).status_code == 404
    client.sign_in_as(owner)
    assert "$90.00" in page(client.get(f"{theirs}/1")).get_text()
    assert "Price proposed" in client.get("/sell/consigned").get_data(as_text=True)
    assert post_form(client, f"{theirs}/1", "accept-proposal").status_code == 303
    piece = steps.piece_of(made)
    assert piece.listing is not None
    assert (piece.state, piece.listing.state) == (PieceState.LIVE, ListingState.LIVE)
    assert post_form(client, f"{theirs}/1", "lower-price", price="120").status_code == 303
    assert post_form(client, f"{theirs}/1", "take-back").status_code == 303
    db.session.expire_all()
    assert (piece.state, piece.listing.state) == (PieceState.GOING_BACK, ListingState.WITHDRAWN)


def test_without_the_mode_there_is_no_page(app: Flask, client: Browser) -> None:
    client.sign_in_as(an_account())
    assert client.get("/sell/consign").status_code == 404
    assert "consign" not in client.get("/sell").get_data(as_text=True)
