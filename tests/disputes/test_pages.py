"""The pages of a case without script: three screens to open it, one page to follow it, the desk to decide it."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.disputes import showing
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.models import Dispute, DisputePhoto
from marketplace.disputes.states import DisputeState, Kind, Remedy, Side, Wish
from marketplace.mail.models import SandboxMail
from marketplace.orders import links
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.people.models import Person, Role, StaffRole
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.disputes.cases import again, an_agent, decided, delivered, in_review, opened, seller, send_back
from tests.photos import phone_photo
from tests.shipping.sales import sweep
from tests.web import Browser, page, post_form


def browser(app: Flask, person: Person | None = None) -> Browser:
    made = app.test_client()
    assert isinstance(made, Browser)
    if person is not None:
        made.sign_in_as(person)
    return made


def by_link(app: Flask, order: Order) -> Browser:
    """A guest who followed the link in her mail."""
    with unit_of_work():
        token = links.make(db.session.get_one(Order, order.id), at=clock.now())
    guest = browser(app)
    assert guest.get(f"/orders/link/{token}").status_code == 303
    return guest


def state(client: Browser, path: str) -> str:
    main = page(client.get(path)).find("main")
    assert main is not None
    return str(main["data-state"])


def the_case() -> Dispute:
    db.session.expire_all()
    return db.session.scalars(sa.select(Dispute)).one()


def report(guest: Browser, order: Order, **what: Any) -> None:
    """The three screens."""
    start = f"/orders/{order.number}/problem"
    said = {"kind": "condition", "parts": ["corners"], "words": "Worn. Call 212 555 0142.", **what}
    assert post_form(guest, start, "report-problem", **said).location.endswith("/problem/photos")
    photo = (io.BytesIO(phone_photo(seed=3)), "corner.jpg")
    assert post_form(guest, f"{start}/photos", "report-photos", corners=photo).location.endswith("/problem/wish")
    [kept] = page(guest.get(f"{start}/photos")).select("figcaption:-soup-contains('The buyer: Corners')")
    beside = kept.find_parent(class_="beside")
    assert beside is not None and beside.find("input", attrs={"name": "corners"}) is not None
    answer = post_form(guest, f"{start}/wish", "report-wish", wish="keep", asked="40.00")
    assert answer.status_code == 303, answer.get_data(as_text=True)


@pytest.mark.rule("MK-59")
@pytest.mark.fault("P11", "P12")
def test_a_guest_reports_in_three_screens_and_the_desk_decides_what_it_was_shown(app: Flask) -> None:
    order = delivered()
    guest, stranger = by_link(app, order), browser(app, an_account())
    report(guest, order)
    case = the_case()
    path = f"/disputes/{case.number}"
    assert (case.state, case.wish, case.asked_minor) == (DisputeState.AWAITING_SELLER, Wish.KEEP, 4_000)
    assert case.messages[0].is_masked
    [photo] = db.session.scalars(sa.select(DisputePhoto)).all()
    picture = f"/photos/{photo.key.removeprefix('photos/')}/{photo.widths[0]}.webp"
    members = browser(app, seller(case))
    for reader, status in ((guest, 200), (members, 200), (stranger, 404)):
        assert (reader.get(path).status_code, reader.get(picture).status_code) == (status, status)
    nobody = browser(app)
    asked = [nobody.get(address).location for address in (path, "/disputes/D00000000")]
    assert asked == [f"/sign-in?next={path}", "/sign-in?next=/disputes/D00000000"]  # there or not, the same
    assert nobody.get(picture).status_code == 404
    seen = page(members.get(path)).find("main")
    assert seen is not None
    assert "0142" not in seen.get_text()
    assert "Contact details were taken out." in seen.get_text()
    assert "The buyer says Worn. Call […]" in " ".join(seen.get_text(" ").split())
    marks = [str(tag.get("id") or tag.get("class")) for tag in seen.find_all(["div", "form"])]
    assert marks.index("['beside']") < marks.index("accept"), "what it is about is read before it is answered"
    answer = {"photo-part": "corners", "photo-photo": (io.BytesIO(phone_photo(seed=4)), "packed.jpg")}
    assert post_form(members, path, "add-photo", **answer).status_code == 303
    theirs = page(guest.get(path)).find("figcaption", string="The seller: Corners and edges")
    assert theirs is not None and theirs.find_previous("button", class_="photo__enlarge") is not None

    assert post_form(members, path, "offer", **{"offer-amount": "20.00", "offer-words": "For the corner."}).location
    assert state(guest, path) == "awaiting_buyer"
    assert post_form(guest, path, "decline-offer").status_code == 303
    sweep()

    agent = browser(app, an_agent())
    desk = f"/desk/disputes/{case.number}"
    assert case.number in agent.get("/desk/disputes").get_data(as_text=True)
    ruling = {"remedy": "partial_refund", "amount": "30.00", "clause": "as_described", "words": "The corner is worn."}
    shown = post_form(agent, desk, "decide", **ruling)
    assert shown.status_code == 200
    figures = page(shown).find("table", class_="split")
    assert figures is not None and "$30.00" in figures.get_text()
    seen = page(shown).find("input", attrs={"name": "seen"})
    assert seen is not None
    stale = agent.post(
        f"{desk}/decide", data={**ruling, "amount": "90.00", "seen": seen["value"], **token(agent, desk)}
    )
    assert stale.status_code == 409
    done = agent.post(f"{desk}/decide", data={**ruling, "seen": seen["value"], "step": "decide", **token(agent, desk)})
    assert done.status_code == 303
    assert (state(guest, path), state(agent, desk)) == ("decided", "decided")
    assert again(case).order.refunded_price_minor == 3_000
    assert post_form(guest, path, "appeal", **{"appeal-words": "Look again."}).status_code == 303
    assert again(case).hearing is Side.BUYER
    assert_books_balance(app)


def token(client: Browser, path: str) -> dict[str, str]:
    field = page(client.get(path)).find("input", attrs={"name": "csrf_token"})
    assert field is not None
    return {"csrf_token": str(field["value"])}


def test_non_arrival_takes_two_screens_and_goes_to_the_seller(app: Flask) -> None:
    order = delivered()
    guest = by_link(app, order)
    start = f"/orders/{order.number}/problem"
    answer = post_form(guest, start, "report-problem", kind="never_arrived")
    assert answer.location.endswith("/wish")
    assert post_form(guest, f"{start}/wish", "report-wish", wish="refund").status_code == 303
    assert the_case().kind is Kind.NEVER_ARRIVED


def test_what_is_missing_is_said_and_nothing_is_opened(app: Flask) -> None:
    order = delivered()
    guest = by_link(app, order)
    start = f"/orders/{order.number}/problem"
    assert post_form(guest, start, "report-problem", kind=None).status_code == 422
    assert guest.get(f"{start}/wish").location.endswith("/problem")
    post_form(guest, start, "report-problem", kind="wrong_item")
    for asked in ("", "0", "245.00", "a lot"):
        assert post_form(guest, f"{start}/wish", "report-wish", wish="keep", asked=asked).status_code == 422
    assert db.session.scalars(sa.select(Dispute)).all() == []
    assert db.session.get_one(Order, order.id).state is OrderState.DELIVERED


@pytest.mark.fault("P06")
def test_an_agent_who_is_the_seller_sees_no_decision_and_cannot_make_one(app: Flask) -> None:
    case = in_review()
    with unit_of_work():
        db.session.add(StaffRole(person_id=seller(case).id, role=Role.AGENT, given_at=case.opened_at))
    party = browser(app, seller(case))
    desk = f"/desk/disputes/{case.number}"
    assert page(party.get(desk)).find("form", id="decide") is None
    ruling = {"remedy": "dismiss", "clause": "as_described", "words": "It is fine.", "seen": "dismiss:0:19600:0"}
    signed = token(party, f"/disputes/{case.number}")
    for verb, data in (("decide", ruling), ("pause", {"pause-until": "2030-01-01"}), ("write", {"say-words": "Hm."})):
        assert party.post(f"{desk}/{verb}", data={**data, **signed}).status_code == 403
    assert again(case).state is DisputeState.IN_REVIEW


@pytest.mark.fault("P06")
@pytest.mark.parametrize("missing", ["words", "clause", "remedy"])
def test_nothing_is_decided_without_a_reason_a_rule_and_what_it_is(app: Flask, missing: str) -> None:
    case, agent = in_review(), browser(app, an_agent())
    ruling = {"remedy": "dismiss", "clause": "as_described", "words": "It is fine.", "seen": "dismiss:False:0:19600:0"}
    sent = {name: value for name, value in ruling.items() if name != missing}
    desk = f"/desk/disputes/{case.number}"
    assert agent.post(f"{desk}/decide", data={**sent, **token(agent, desk)}).status_code == 422
    assert again(case).decisions == []
    assert agent.post(f"{desk}/decide", data={**ruling, **token(agent, desk)}).status_code == 303


def test_a_move_out_of_turn_is_refused_by_name_and_leads_back_to_the_case(app: Flask) -> None:
    case = in_review()
    client = browser(app, seller(case))
    path = f"/disputes/{case.number}"
    for verb in ("accept", "offer", "receive", "appeal"):
        refused = client.post(f"{path}/{verb}", data=token(client, path))
        assert refused.status_code == 409
        assert page(refused).find("a", href=path) is not None
    assert client.post(f"{path}/no-such-verb", data=token(client, path)).status_code == 404
    assert again(case).state is DisputeState.IN_REVIEW


def test_each_letter_reads_well_for_whom_it_is_written_to(app: Flask) -> None:
    case = opened()
    for news in News:
        with unit_of_work():
            events.announce(CaseMoved(case.id, news, clock.now(), Side.BUYER))
        sweep()
    letters = db.session.scalars(sa.select(SandboxMail).where(SandboxMail.message.like("dispute_%"))).all()
    assert {letter.message for letter in letters} == {f"dispute_{news.value}" for news in News}
    buyers = [letter for letter in letters if letter.recipient == case.order.checkout.email]
    assert all("/orders/link/" in letter.text and "to=case" in letter.text for letter in buyers)
    assert all(case.number in letter.text for letter in letters)
    assert all("None" not in letter.text for letter in letters)
    waits = {letter.recipient: letter.text for letter in letters if letter.message == "dispute_opened"}
    assert "Waiting for you until" in waits[seller(case).email]
    assert "Waiting for the seller until" in waits[case.order.checkout.email]


def test_what_happened_at_one_moment_is_told_from_its_end(app: Flask) -> None:
    case = opened()
    told = [entry.title for entry in showing.thread(case, Side.STAFF)]
    assert told == ["The buyer", "The seller was asked", "The buyer reported a problem"]


def test_who_is_waited_for_reads_it_wherever_they_look(app: Flask) -> None:
    """On the case, on the order and on the sale; a seller finds it among what there is to do."""
    case = opened()
    number, order, path = case.number, case.order.number, f"/disputes/{case.number}"
    guest, owner = by_link(app, case.order), browser(app, seller(case))

    def notes(client: Browser, *paths: str) -> set[str]:
        found = [page(client.get(one)).select_one("main .note b") for one in paths]
        return {note.get_text() for note in found if note is not None}

    [asked] = notes(owner, path, f"/sell/sales/{order}")
    assert asked.startswith("Waiting for you until")
    [waits] = notes(guest, path, f"/orders/{order}")
    assert waits.startswith("Waiting for the seller until")
    todo = page(owner.get("/sell/wardrobe")).select_one("section[aria-labelledby=todo]")
    assert todo is not None
    assert todo.select_one(f"a[href='{path}']") is not None
    post_form(owner, path, "offer", **{"offer-amount": "25.00"})
    [asked] = notes(guest, path, f"/orders/{order}")
    assert asked.startswith("Waiting for you until")
    assert number not in page(owner.get("/sell/wardrobe")).select_one("section[aria-labelledby=todo]").decode()  # type: ignore[union-attr]


def test_a_buyer_is_led_to_the_return_label_until_the_carrier_has_the_piece(app: Flask) -> None:
    """Refunded or not: the order says whose turn it is, and the case leads to the label that is still of use."""
    case = decided(Remedy.REFUND_WITH_RETURN)
    sweep()  # the label is drawn
    guest, path = by_link(app, case.order), f"/disputes/{case.number}"
    asked = page(guest.get(f"/orders/{case.order.number}")).select_one("main .note")
    assert asked is not None
    assert asked.get_text().strip().startswith("Waiting for you until")
    assert asked.select_one(f"a[href='{path}']") is not None
    label = f"a[href='{path}/label.pdf']"
    assert page(guest.get(path)).select_one(label) is not None
    send_back(case, "scan")
    assert page(guest.get(path)).select_one(label) is None


def test_each_side_reads_who_may_still_appeal(app: Flask) -> None:
    """After a dismissal the buyer alone; the seller is told that it is the other side."""
    case = decided(Remedy.DISMISS)
    leads = {
        person.id: page(browser(app, person).get(f"/disputes/{case.number}")).select_one("main .note b")
        for person in (case.order.buyer, seller(case))
    }
    said = [note.get_text().partition(" until ")[0] for note in leads.values() if note is not None]
    assert said == ["You may appeal", "The other side may appeal"]
    sale = browser(app, seller(case)).get(f"/sell/sales/{case.order.number}").get_data(as_text=True)
    assert "Nothing is paid out before the case is closed." in sale
