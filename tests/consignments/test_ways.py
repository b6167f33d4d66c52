"""How pieces come to us, whether we sell or buy them: agreed, told, late, handed over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks.states import BuybackState
from marketplace.consignments import arriving, requesting
from marketplace.consignments.models import Consignment
from marketplace.consignments.states import PieceState
from marketplace.custody import log
from marketplace.custody.arranging import Arrangement, CannotArrange, agreed
from marketplace.custody.models import Way
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.programme import versions
from marketplace.shipping import parcels
from marketplace.shipping.models import TrackingStatus
from tests.accounts import an_account, mail_to
from tests.buybacks import steps as bought
from tests.buybacks.test_pages import the_buyback
from tests.consignments import steps
from tests.consignments.test_pages import HOME, described
from tests.programme import world
from tests.programme.policies import changed
from tests.web import Browser, page, post_form

MONDAY = date(2030, 3, 4)


def read(client: Browser, address: str) -> str:
    """A page as it is read, spaces run together."""
    return " ".join(page(client.get(address)).get_text(" ").split())


@pytest.mark.rule("NAP-25", "BAL-02")
def test_only_what_the_programme_offers_can_be_agreed_on(app: Flask) -> None:
    policy = changed({**steps.RULES, **steps.WAYS})

    def refused(wanted: Arrangement, of: object = policy) -> str:
        with pytest.raises(CannotArrange) as caught:
            agreed(of, wanted, clock.now())  # type: ignore[arg-type]
        return caught.value.field

    fetched = {"ships_from": world.HOME, "way": Way.COLLECTION, "slot": "09:00-12:00"}
    agreed(policy, Arrangement(**fetched, collect_on=MONDAY), clock.now())  # type: ignore[arg-type]
    for day in (None, date(2020, 3, 2), date(2030, 3, 3)):
        assert refused(Arrangement(**fetched, collect_on=day)) == "collect_on"  # type: ignore[arg-type]
    assert refused(Arrangement(world.HOME, Way.COLLECTION, MONDAY, "03:00-04:00")) == "slot"
    assert refused(Arrangement(way=Way.STORE, place="lock-street")) == "store"
    assert refused(Arrangement(world.HOME, place="old-mill")) == "point"
    assert refused(Arrangement()) == "line1"
    none = changed(steps.RULES)
    assert refused(steps.TO_THE_STORE, none) == "way"
    assert refused(Arrangement(**fetched, collect_on=MONDAY), none) == "way"  # type: ignore[arg-type]


@pytest.mark.rule("NAP-27", "BAL-02", "BAL-10")
def test_the_form_leads_through_each_way_without_a_script(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(**steps.WAYS)
    client.sign_in_as(an_account())
    listed = client.get("/help/handing-over").get_data(as_text=True)
    assert all(
        one in listed for one in ("Velorne Old Mill", "9 Old Mill Road", "Counter Lock Street", "2 hours earlier")
    )

    def sent(**chosen: str) -> str:
        if not page(client.get("/sell/consign")).select("form#consign"):
            described(client)
        answer = post_form(client, "/sell/consign", "consign", **{**HOME, **chosen})
        if answer.status_code == 422:
            return " ".join(one.get_text(" ", strip=True) for one in page(answer).select(".field__error"))
        runner.run_until_idle()
        return read(client, answer.location)

    assert sent(way="collection", collect_on="2030-03-03") == "Error: Choose a business day from tomorrow on."
    assert sent(way="store", line1="", city="") == "Error: Choose one of these."
    assert "Error: Choose one of these." in sent(way="balloon")
    assert db.session.scalars(db.select(Consignment)).one().requested_at is None
    told = sent(way="collection", collect_on="2030-03-04", slot="13:00-17:00")
    assert "Mon, Mar 4, 2030, between 1:00 PM and 5:00 PM. The driver may come up to 2 hours earlier." in told
    assert "Hand the parcel in at Counter Lock Street" in sent(way="drop_off", point="lock-street")
    told = sent(way="store", store="old-mill", line1="", city="", postcode="")
    assert "Bring it to Velorne Old Mill, 9 Old Mill Road, Albany, NY 12207. Open Tuesday and Saturday" in told
    assert "Download the label" not in told and "Your label is being made" not in told
    last = db.session.scalars(db.select(Consignment).order_by(Consignment.id.desc())).first()
    assert last is not None and (last.ships_from, parcels.inbound_parcel(last.number)) == (None, None)


@pytest.mark.rule("BAL-02", "NAP-18")
def test_what_is_brought_to_a_store_is_ours_to_answer_for_once_it_is_ticked_there(app: Flask, client: Browser) -> None:
    steps.open_for_consigning(**steps.WAYS)
    made = steps.requested(comes=steps.TO_THE_STORE)
    (letter,) = mail_to(made.owner.email)
    assert (letter.message, letter.attachment) == ("bring_to_store", None)
    assert "Velorne Old Mill" in letter.subject and made.number in letter.subject
    piece, clerk = steps.piece_of(made), steps.clerk()
    assert (piece.state, piece.custody_is_ours, log.entries(piece.number)) == (PieceState.REQUESTED, False, [])
    client.sign_in_as(clerk)
    ours = f"/desk/intake/{made.number}"
    assert "Its owner brings it to Velorne Old Mill" in page(client.get(f"{ours}/1")).get_text()
    assert post_form(client, ours, "receive-1", place="Courier 7").status_code == 303
    piece = steps.piece_of(made)
    assert (piece.state, piece.custody_is_ours) == (PieceState.RECEIVED, True)
    entries = log.entries(piece.number)
    assert [(entry.place, entry.by_id) for entry in entries] == [
        ("Velorne Old Mill", clerk.id),
        ("Courier 7", clerk.id),
    ]
    other = steps.piece_of(steps.requested(comes=steps.TO_THE_STORE))
    with unit_of_work():
        arriving.receive(other, place="Velorne Old Mill", by=clerk, at=clock.now())
    assert [entry.place for entry in log.entries(other.number)] == ["Velorne Old Mill"]


@pytest.mark.rule("BAL-02", "NAP-25")
def test_the_desk_finds_a_hand_over_without_a_scan_by_store_and_by_day(app: Flask, client: Browser) -> None:
    with unit_of_work():
        versions.publish(changed({**steps.RULES, **bought.RULES, **steps.WAYS}), at=clock.now())
    monday = next_monday()

    def fetched(on: date, slot: str) -> Arrangement:
        return Arrangement(world.HOME, Way.COLLECTION, on, slot)

    brought = steps.requested(None, steps.a_wish(), steps.a_wish(title="Juno satchel"), comes=steps.TO_THE_STORE)
    offered = bought.accepted(by_hand=True)
    late, early = (steps.requested(comes=fetched(monday, slot)) for slot in ("13:00-17:00", "09:00-12:00"))
    far = steps.requested(comes=fetched(monday + timedelta(days=28), "09:00-12:00"))
    posted = steps.requested()
    client.sign_in_as(steps.clerk())

    def told(section: str) -> list[str]:
        shown = page(client.get("/desk/intake")).select(f'section[aria-labelledby="{section}"] tbody tr')
        return [" ".join(row.get_text(" ").split()) for row in shown]

    stores = told("at-stores")
    assert {row.split()[0] for row in stores} == {brought.number, offered.number}
    [ours] = [row for row in stores if row.startswith(brought.number)]
    assert "Velorne Marlow tote, navy Velorne Juno satchel, navy" in ours
    assert brought.owner.name not in client.get("/desk/intake").get_data(as_text=True)
    collected = told("by-collection")
    assert [row.split()[0] for row in collected] == [early.number, late.number]
    assert "9:00 AM – 12:00 PM" in collected[0] and "1:00 PM – 5:00 PM" in collected[1]
    everything = " ".join([*stores, *collected])
    assert far.number not in everything and posted.number not in everything
    assert post_form(client, f"/desk/intake/{brought.number}", "receive-1", place="Shelf 1").status_code == 303
    [ours] = [row for row in told("at-stores") if row.startswith(brought.number)]
    assert "Marlow tote" not in ours and "Juno satchel" in ours  # what is here is no longer expected
    steps.carried(early, TrackingStatus.TRANSIT)
    assert [row.split()[0] for row in told("by-collection")] == [late.number]


def next_monday() -> date:
    today = clock.now().astimezone(versions.current().calendar.zone).date()
    return today + timedelta(days=7 - today.weekday())


def test_without_a_parcel_it_can_be_called_off_and_ends_by_itself_and_nobody_waits_for_a_label(app: Flask) -> None:
    steps.open_for_consigning(**steps.WAYS, send_days=5)
    called_off, forgotten = (steps.requested(comes=steps.TO_THE_STORE) for _ in range(2))
    with unit_of_work():
        requesting.withdraw(called_off, by=called_off.owner, at=clock.now())
    assert steps.piece_of(called_off).state is PieceState.WITHDRAWN
    world.pass_time(days=5, minutes=1)
    assert steps.piece_of(forgotten).state is PieceState.WITHDRAWN
    assert db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.LABEL_LATE)).first() is None


@pytest.mark.rule("LUX-57", "BAL-02")
def test_an_accepted_quote_is_brought_to_a_store_in_the_same_way(app: Flask, client: Browser) -> None:
    bought.open_for_buying()
    buyback = bought.quoted()
    client.sign_in_as(buyback.owner)
    theirs = f"/sell/quote/{buyback.number}"
    nowhere = post_form(client, theirs, "accept-quote", form="cash", way="store", line1="")
    assert (nowhere.status_code, the_buyback().state) == (422, BuybackState.QUOTED)
    taken = {"form": "cash", "way": "store", "store": "old-mill", "line1": ""}
    assert post_form(client, theirs, "accept-quote", **taken).status_code == 303
    assert (the_buyback().store_name, parcels.inbound_parcel(buyback.number)) == ("Velorne Old Mill", None)
    told = read(client, theirs)
    assert "Bring it to Velorne Old Mill, 9 Old Mill Road" in told and "Download the label" not in told
    assert mail_to(buyback.owner.email)[-1].message == "bring_to_store"
    bought.received(bought.fresh(buyback))
    assert [entry.place for entry in log.entries(buyback.tag)] == ["Velorne Old Mill", "Shelf A1"]
    fetched = bought.quoted()
    client.sign_in_as(fetched.owner)
    chosen = {"way": "collection", "collect_on": "2030-03-04", "slot": "09:00-12:00"}
    assert (
        post_form(client, f"/sell/quote/{fetched.number}", "accept-quote", form="cash", **chosen, **HOME).status_code
        == 303
    )
    runner.run_until_idle()
    letter = mail_to(fetched.owner.email)[-1]
    assert letter.message == "buyback_label" and "between 9:00 AM and 12:00 PM" in " ".join(letter.text.split())
