"""A consignment over HTTP, from the form to the shop: what its owner and the desk see and press, and nobody else."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from marketplace.consignments import finding
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import PieceState
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.listings.finding import public_path
from marketplace.listings.models import Item, ListingPhoto
from marketplace.listings.states import ListingState
from tests.accounts import an_account
from tests.consignments import steps
from tests.photos import phone_photo
from tests.programme import world
from tests.web import Browser, find_form, form_fields, page, post_form

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


def described(client: Browser, **changes: Any) -> str:
    """One piece more in the request; leads to its photos."""
    answer = post_form(client, "/sell/consign/pieces", "describe-piece", **{**PIECE, **changes})
    assert answer.status_code == 303
    return str(answer.location)


def asked(client: Browser) -> Consignment:
    for _ in range(2):
        described(client)
    assert post_form(client, "/sell/consign", "consign", **HOME).status_code == 303
    runner.run_until_idle()
    return db.session.scalars(db.select(Consignment)).one()


def test_each_piece_is_kept_from_the_first_on_and_the_form_says_why_one_is_not_taken(
    app: Flask, client: Browser
) -> None:
    steps.open_for_consigning(min_pieces=2, max_pieces=2)
    owner = an_account()
    client.sign_in_as(owner)
    refused = post_form(client, "/sell/consign/pieces", "describe-piece", **{**PIECE, "grade": "fair"})
    assert refused.status_code == 422
    shown = page(refused)
    assert "could not carry them as they are" in shown.get_text()
    assert shown.select_one('input[name="title"]')["value"] == "Marlow tote"  # type: ignore[index]
    assert db.session.query(Consignment).count() == 0

    described(client)
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Browser)
    elsewhere.sign_in_as(owner)
    told = page(elsewhere.get("/sell/consign"))
    assert "1 piece more, and you can send it." in told.get_text() and not told.select("form#consign")
    assert "Go on with it" in elsewhere.get("/sell/consigned").get_data(as_text=True)
    described(elsewhere, title="Juno satchel", hoped="120")
    described_again = page(elsewhere.get("/sell/consign/pieces/2"))
    assert described_again.select_one('input[name="hoped"]')["value"] == "120.00"  # type: ignore[index]
    full = post_form(elsewhere, "/sell/consign/pieces", "describe-piece", **PIECE)
    assert (full.status_code, db.session.query(ConsignedPiece).count()) == (422, 2)
    changes = {**PIECE, "title": "Juno tote", "hoped": "130"}
    assert post_form(elsewhere, "/sell/consign/pieces/2", "describe-piece", **changes).status_code == 303
    assert post_form(client, "/sell/consign", "take-out-1").status_code == 303
    left = db.session.scalars(db.select(ConsignedPiece)).one()
    assert (left.title, left.hoped_minor, left.state) == ("Juno tote", 13_000, PieceState.DRAFT)
    assert left.listing is not None and (left.listing.title, db.session.query(Item).count()) == ("Juno tote", 1)
    assert client.get(f"/sell/consign/{left.consignment.number}").status_code == 404
    assert finding.of(owner) == [] and steps.arriving.by_tag(left.consignment.number) is None

    described(client)
    sent = {**form_fields(find_form(client.get("/sell/consign"), "consign")), **HOME}
    assert [client.post("/sell/consign", data=sent).status_code for _click in range(2)] == [303, 409]
    assert [piece.state for piece in db.session.scalars(db.select(ConsignedPiece))] == [PieceState.REQUESTED] * 2


@pytest.mark.rule("NAP-16")
def test_its_owners_photos_come_by_the_one_way_in_and_stand_beside_the_piece_at_the_desk(
    app: Flask, client: Browser
) -> None:
    steps.open_for_consigning()
    owner, stranger = an_account(), an_account()
    client.sign_in_as(owner)
    at = described(client)
    files = {slot: (io.BytesIO(phone_photo()), "IMG.jpg") for slot in ("front", "inside")}
    too_long = post_form(client, at, "photos", front=(io.BytesIO(b"GIF89a"), "x.gif"))
    assert (too_long.status_code, db.session.query(ListingPhoto).count()) == (422, 0)
    assert post_form(client, at, "photos", **files).location == "/sell/consign"
    wanted = len(world.policy().photos.slots_for("excellent"))
    assert f"Photos: 2 of {wanted}" in client.get("/sell/consign").get_data(as_text=True)
    assert post_form(client, at, "remove-photo-inside").status_code == 303
    picture = page(client.get(at)).select_one(".slot img")
    assert picture is not None
    address = str(picture["src"])
    kept = client.get(address)
    assert (kept.mimetype, kept.headers["Cache-Control"]) == ("image/webp", "private, no-store")
    client.sign_in_as(stranger)
    assert [client.get(one).status_code for one in (address, at)] == [404, 404]
    assert app.test_client().get(address).status_code == 404
    client.sign_in_as(owner)
    assert post_form(client, "/sell/consign", "consign", **HOME).status_code == 303
    runner.run_until_idle()
    piece = steps.piece_of(db.session.scalars(db.select(Consignment)).one())
    steps.examined(piece)
    assert client.get(at).status_code == 404  # it has left her
    client.sign_in_as(steps.clerk())
    shown = page(client.get(f"/desk/intake/{piece.consignment.number}/1"))
    assert [str(one["src"]) for one in shown.select(".thumbs img")] == [address]
    assert client.get(address).status_code == 200
    assert piece.listing is not None and len(piece.listing.photos) == 3  # ours, and none of hers


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
    # A parcel is ticked to its end before its last piece is looked at.
    assert post_form(client, ours, "receive-1", place="Shelf 1").location == ours
    assert post_form(client, ours, "receive-2", place="Shelf 1").location == f"{ours}/2"
    assert post_form(client, f"{ours}/1", "examine").status_code == 303
    waiting = page(client.get("/desk"))
    assert waiting.select_one('main a[href="/desk/intake"]').get_text() == "2 pieces to examine"  # type: ignore[union-attr]
    piece = steps.piece_of(made)
    assert piece.listing is not None
    bench = f"/desk/supply/{piece.listing.number}"
    measured = {"width": "34", "height": "28.5", "depth": "nine"}
    refused = post_form(client, bench, "save-supply", grade="excellent", words="", price="150", **measured)
    assert (refused.status_code, "Enter a number, such as 23.5." in refused.get_data(as_text=True)) == (422, True)
    measured["depth"] = ""
    post_form(client, bench, "save-supply", grade="excellent", words="", price="150", **measured)
    assert page(client.get(bench)).select_one("#height")["value"] == "28.5"  # type: ignore[index]
    post_form(
        client,
        bench,
        "photos",
        **{slot: (io.BytesIO(phone_photo()), "IMG.jpg") for slot in ("front", "back", "inside")},
    )
    shown = page(client.get(bench))  # not ours: its owner decides (NAP-29)
    assert shown.select_one(f'main a[href="{ours}/1"]')  # back to where the price is proposed
    assert not shown.select("#publish, #withdraw, #reprice")
    sent = {"csrf_token": shown.select_one('input[name="csrf_token"]')["value"]}  # type: ignore[index]
    assert client.post(f"{bench}/publish", data=sent).status_code == 409  # its owner has to agree
    client.sign_in_as(expert)
    for verb in ("genuine", "propose"):
        assert post_form(client, f"{ours}/1", verb).status_code == 303

    client.sign_in_as(an_account())
    for address in (theirs, f"{theirs}/1", f"{theirs}/label.pdf"):
        assert client.get(address).status_code == 404
    client.sign_in_as(owner)
    proposed = page(client.get(f"{theirs}/1")).get_text()
    assert "$90.00" in proposed and "Bought today, it would be paid by" in proposed
    assert "Price proposed" in client.get("/sell/consigned").get_data(as_text=True)
    assert post_form(client, f"{theirs}/1", "accept-proposal").status_code == 303
    piece = steps.piece_of(made)
    assert piece.listing is not None
    assert (piece.state, piece.listing.state) == (PieceState.LIVE, ListingState.LIVE)
    told = page(client.get(public_path(piece.listing))).get_text()
    assert "13.4 in wide, 11.2 in high" in told
    assert "Our photo" in told  # we took them (NAP-16)
    assert "seller" not in told
    assert post_form(client, f"{theirs}/1", "lower-price", price="120").status_code == 303
    assert post_form(client, f"{theirs}/1", "take-back").status_code == 303
    db.session.expire_all()
    assert (piece.state, piece.listing.state) == (PieceState.GOING_BACK, ListingState.WITHDRAWN)


def test_without_the_mode_there_is_no_page(app: Flask, client: Browser) -> None:
    client.sign_in_as(an_account())
    assert client.get("/sell/consign").status_code == 404
    assert "consign" not in client.get("/sell").get_data(as_text=True)
