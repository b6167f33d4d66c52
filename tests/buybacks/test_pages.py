"""A buyback over HTTP, from the form to the payout: what its owner and the desk see and press, and nobody else."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks import requesting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState as S
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.listings.states import ListingState
from tests.accounts import an_account
from tests.buybacks import steps
from tests.photos import phone_photo
from tests.programme import world
from tests.web import Browser, page, post_form

PIECE = {
    "title": "Marlow tote",
    "house": "Velorne",
    "category": "tote",
    "colour": "navy",
    "grade": "excellent",
    "retail": "400",
    "includes": ["dust_bag", "box"],
    "hoped": "200",
}
HOME = {
    "name": "Ada Quill",
    "line1": "14 Hudson Street",
    "city": "New York",
    "region": "NY",
    "postcode": "10013",
}


def the_buyback() -> Buyback:
    runner.run_until_idle()
    db.session.expire_all()
    return db.session.scalars(db.select(Buyback)).one()


@pytest.mark.rule("NAP-10", "NAP-31", "LUX-57")
def test_the_whole_way_from_the_form_to_the_money(app: Flask, client: Browser) -> None:
    steps.open_for_buying(houses=["Velorne"], needs_two_people=True)
    owner, expert, clerk = an_account(), steps.expert(), steps.clerk()
    client.sign_in_as(owner)
    refused = post_form(client, "/sell/quote", "ask-quote", **{**PIECE, "house": "Other"})
    shown = page(refused)
    assert (refused.status_code, "We buy pieces of these houses only: Velorne." in shown.get_text()) == (422, True)
    assert shown.select_one('input[name="title"]')["value"] == "Marlow tote"  # type: ignore[index]
    assert post_form(client, "/sell/quote", "ask-quote", **PIECE).status_code == 303
    number = the_buyback().number
    theirs, ours, quotes = f"/sell/quote/{number}", f"/desk/intake/{number}/1", f"/desk/quotes/{number}"
    photo = {"front": (io.BytesIO(phone_photo()), "IMG.jpg")}
    assert post_form(client, f"{theirs}/photos", "photos", **photo).status_code == 303
    key = the_buyback().listing.photos[0].key  # type: ignore[union-attr]
    assert client.get(f"/{key}/320.webp").status_code == 200

    client.sign_in_as(expert)
    queue = page(client.get("/desk/quotes")).get_text()
    assert number in queue and "$200.00" in queue
    one = page(client.get(quotes))
    assert "The model proposes $130.00" in one.get_text()  # 65% less 9% for three missing things, of $240
    no_reason = post_form(client, quotes, "quote", price="120", reason="")
    assert (no_reason.status_code, "Say why" in page(no_reason).get_text()) == (422, True)
    assert post_form(client, quotes, "quote", price="120", reason="The lining is worn.").status_code == 303

    client.sign_in_as(an_account())
    for address in (theirs, f"{theirs}/photos", f"/sell/ways?quote={number}", f"/{key}/320.webp"):
        assert client.get(address).status_code == 404
    client.sign_in_as(owner)
    said = page(client.get(theirs)).get_text()
    for words in ("Our quote: $120.00", "The lining is worn.", "3 things are missing.", "$132.00", "Good until"):
        assert words in said, words
    assert post_form(client, theirs, "hope", price="100").status_code == 422
    assert post_form(client, theirs, "hope", price="150").status_code == 303
    client.sign_in_as(expert)
    assert post_form(client, quotes, "answer-hope", price="130").status_code == 303
    client.sign_in_as(owner)
    unsaid = post_form(client, theirs, "accept-quote", **HOME)
    said = [one.get_text(" ", strip=True) for one in page(unsaid).select(".field__error")]
    assert (unsaid.status_code, said) == (422, ["Error: Choose one of these."])  # how she is paid is hers to say
    no_address = post_form(client, theirs, "accept-quote", form="cash", line1="")
    assert (no_address.status_code, the_buyback().state) == (422, S.QUOTED)
    assert post_form(client, theirs, "accept-quote", form="store_credit", **HOME).status_code == 303
    assert (the_buyback().state, client.get(f"{theirs}/label.pdf").status_code) == (S.ACCEPTED, 200)

    client.sign_in_as(clerk)
    assert client.get(f"/desk/intake?tag={number.lower()}").location == ours
    assert post_form(client, ours, "receive", place="Shelf 1").status_code == 303
    assert post_form(client, ours, "examine").status_code == 303
    token = page(client.get(ours)).select_one('input[name="csrf_token"]')["value"]  # type: ignore[index]
    assert client.post(f"{ours}/propose", data={"csrf_token": token}).status_code == 404  # that is for consigned pieces
    client.sign_in_as(expert)
    assert post_form(client, ours, "genuine").status_code == 303
    assert post_form(client, ours, "revise", price="130", reason="Same.").status_code == 422
    assert post_form(client, ours, "confirm").status_code == 303
    bought = the_buyback()
    assert (bought.state, bought.owed) == (S.PAID, bought.quoted)
    assert bought.listing is not None and bought.listing.state is ListingState.DRAFT
    assert number in page(client.get(f"/desk/supply/{bought.listing.number}")).get_text()
    assert "Bought: the piece is ours" in page(client.get(quotes)).get_text()
    client.sign_in_as(owner)
    hers = page(client.get(theirs)).get_text()
    assert "The piece is ours since" in hers and "Compare the ways" not in hers and "bank transfer" not in hers.lower()
    assert "Buyback" in page(client.get("/sell/payouts")).get_text() or owner.is_member is False


@pytest.mark.rule("LUX-75")
def test_a_revoked_quote_offers_two_ways_back_and_a_revised_one_two_answers(app: Flask, client: Browser) -> None:
    steps.open_for_buying()
    failed, revised = steps.failed(), steps.revised()
    client.sign_in_as(failed.owner)
    address = f"/sell/quote/{failed.number}"
    said = page(client.get(address)).get_text()
    assert "Send it to me by courier (for $15)" in said and "it waits with us until you collect it" in said
    assert "Our quote was $155.00. It no longer stands." in said and "That is what arrives" not in said
    assert post_form(client, address, "fetch", way="courier").status_code == 303
    client.sign_in_as(revised.owner)
    address = f"/sell/quote/{revised.number}"
    said = page(client.get(address)).get_text()
    assert "The corners are worn." in said and "we send the piece back to you, free of charge" in said
    assert post_form(client, address, "take-revised").status_code == 303
    assert [steps.fresh(one).state for one in (failed, revised)] == [S.GOING_BACK, S.PAID]


@pytest.mark.rule("LUX-77")
def test_the_page_of_an_order_leads_to_a_quote_where_policy_lets_it(app: Flask, client: Browser) -> None:
    steps.open_for_buying()
    order = world.confirmed(world.delivered(world.paid(world.an_order(world.a_live_listing()))))
    client.sign_in_as(order.buyer)
    asking = f"/sell/quote?order={order.number}"
    assert asking in client.get(f"/orders/{order.number}").get_data(as_text=True)
    form = page(client.get(asking))
    assert form.select_one('input[name="title"]')["value"] == order.listing.title  # type: ignore[index]
    assert "there is no promise" in form.get_text()
    assert post_form(client, asking, "ask-quote", grade="excellent").status_code == 303
    assert the_buyback().order_id == order.id
    client.sign_in_as(an_account())
    assert client.get(asking).status_code == 404


@pytest.mark.rule("LUX-63", "NAP-01")
def test_the_open_ways_stand_side_by_side(app: Flask, client: Browser) -> None:
    steps.open_for_buying(
        **{"modes.consignment.is_on": True, "modes.consignment.houses": ["Velorne"]}, model__min_count=1
    )
    client.sign_in_as(an_account())
    assert chosen(client, "/sell/ways", "#compare") == ["", ""]  # neither its kind nor its condition
    unsaid = client.get("/sell/ways?house=Velorne&category=&grade=&retail=400")
    said = [one.get_text(" ", strip=True) for one in page(unsaid).select(".field__error")]
    assert (unsaid.status_code, said) == (422, ["Error: Choose one of these."] * 2)
    asked = "/sell/ways?house=Velorne&category=tote&grade=excellent&retail=400"
    few = page(client.get(asked)).get_text()
    assert "Too few such pieces have been sold here to say." in few
    sold = world.a_live_listing()
    world.paid(world.an_order(sold))
    shown = page(client.get(f"/sell/ways?house={sold.house}&category={sold.category}&grade=excellent&retail=400"))
    ways = {str(one["data-id"]): one.get_text(" ", strip=True) for one in shown.select("li[data-id]")}
    assert set(ways) == {"consignment", "buyback"}
    assert "Of this house and kind 1 of 1 offered in the last 180 days sold." in ways["consignment"]
    assert "Nothing has to be sold first." in ways["buyback"] and "store credit" in ways["buyback"]
    other = page(client.get("/sell/ways?house=Other&category=tote&grade=excellent&retail=400")).get_text()
    assert "We take pieces of these houses only: Velorne." in other
    assert client.get("/sell/ways?house=&category=tote&retail=x").status_code == 422
    assert client.get("/sell/ways?quote=Q00000000").status_code == 404


def chosen(client: Browser, address: str, form: str) -> list[str]:
    """What stands chosen in the choices of a form: the value of each select, and each radio button or box ticked."""
    shown = page(client.get(address)).select_one(form)
    assert shown is not None
    selected = [
        select.select_one("option[selected]") or select.select_one("option") for select in shown.select("select")
    ]
    ticked = shown.select("input[type=radio][checked], input[type=checkbox][checked]")
    return [str(one["value"]) for one in [*selected, *ticked] if one is not None]


def test_a_seller_says_kind_and_condition_herself(app: Flask, client: Browser) -> None:
    steps.open_for_buying(**{"modes.consignment.is_on": True})
    order = world.confirmed(world.delivered(world.paid(world.an_order(world.a_live_listing()))))
    client.sign_in_as(order.buyer)
    for asked, form in (("/sell/quote", "#ask-quote"), ("/sell/consign/pieces", "#describe-piece")):
        assert chosen(client, asked, form) == [""]
    known = f"/sell/ways?order={order.number}"
    assert chosen(client, known, "#choose-grade") == [""]
    assert page(client.get(known)).select("li[data-id]") == []
    assert chosen(client, f"{known}&grade=good", "#choose-grade") == ["good"]
    of_record = chosen(client, f"/sell/quote?order={order.number}", "#ask-quote")
    assert of_record == [order.listing.category]  # its kind is on record, how it has been worn since is not


def test_the_odds_are_those_of_the_style_once_enough_of_it_were_offered(app: Flask, client: Browser) -> None:
    suggestion = {"price.suggestion.sales_min_count": 3, "price.suggestion.sales_lookback_days": 90}
    steps.open_for_buying(**{"modes.consignment.is_on": True}, model__min_count=3, **suggestion)
    order = world.confirmed(world.delivered(world.paid(world.an_order(world.a_live_listing()))))
    other = world.a_live_listing(style_number="OTHER-1")
    client.sign_in_as(order.buyer)

    def odds() -> str:
        shown = page(client.get(f"/sell/ways?order={order.number}&grade=excellent")).select_one("[data-id=consignment]")
        assert shown is not None
        return shown.get_text(" ", strip=True)

    assert "Too few such pieces have been sold here to say." in odds()
    world.a_live_listing()
    assert other.item.style_id != order.item.style_id
    assert "Of this house and kind 1 of 3 offered in the last 180 days sold." in odds()
    world.a_live_listing()
    assert "Of this style 1 of 3 offered in the last 90 days sold." in odds()


@pytest.mark.rule("LUX-64")
def test_where_policy_says_so_only_who_declares_to_be_a_private_person_is_quoted(app: Flask, client: Browser) -> None:
    steps.open_for_buying(private_only=True)
    client.sign_in_as(an_account())
    refused = post_form(client, "/sell/quote", "ask-quote", **PIECE)
    assert (refused.status_code, db.session.query(Buyback).count()) == (422, 0)
    assert "We buy from private people only. Please confirm" in page(refused).get_text()
    with pytest.raises(requesting.PrivatePeopleOnly), unit_of_work():
        requesting.request(steps.a_wish(), by=an_account(), at=clock.now())
    assert post_form(client, "/sell/quote", "ask-quote", **PIECE, is_private="y").status_code == 303
    assert the_buyback().state is S.SUBMITTED


def test_without_the_mode_there_is_no_page(app: Flask, client: Browser) -> None:
    client.sign_in_as(an_account())
    assert client.get("/sell/quote").status_code == 404
    assert "quote" not in client.get("/sell").get_data(as_text=True)


def test_who_brings_a_piece_is_told_of_no_label(app: Flask, client: Browser) -> None:
    steps.open_for_buying()
    buyback = steps.accepted(by_hand=True)
    client.sign_in_as(buyback.owner)
    told = page(client.get(f"/sell/quote/{buyback.number}")).get_text()
    assert "If it is not there by then, the quote lapses." in told
    assert "the label is void" not in told
