"""One of everything that has an address, and the address of each route about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, url_for
from werkzeug.routing import IntegerConverter, Rule

from marketplace import clock
from marketplace.buybacks import switching
from marketplace.consignments import describing, examining, proposing, smart_pricing
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import Choice
from marketplace.credits.models import GiftCard
from marketplace.custody.models import FeeBill
from marketplace.database import db, unit_of_work
from marketplace.disputes import evidence, opening, replies
from marketplace.disputes.models import Dispute
from marketplace.disputes.opening import Report
from marketplace.disputes.states import Kind, Wish
from marketplace.jobs import runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.mail.models import SandboxMail
from marketplace.money import Money
from marketplace.orders import links
from marketplace.orders.models import Order
from marketplace.payments import attempts, chargebacks, sandbox
from marketplace.payments.chargeback_models import Chargeback, EvidenceFile
from marketplace.payments.sandbox import SandboxSession
from marketplace.payments.sandbox_chargebacks import SandboxChargeback, play
from marketplace.payouts.cash_models import PayoutRun, PayoutTransfer
from marketplace.payouts.models import Payout
from marketplace.people.models import Person, Role
from marketplace.permissions import Gate, may_open, permission_of
from marketplace.programme import versions
from tests.accounts import an_account
from tests.apart import apart
from tests.buybacks import steps as bought
from tests.consignments import steps as consigned
from tests.programme import world as shop
from tests.programme.policies import changed
from tests.shopping import buy
from tests.web import Browser, page
from tests.worlds import kept

MODES = {
    **consigned.RULES,
    "modes.consignment.smart_pricing.is_on": True,
    **bought.RULES,
    "modes.buyback.switch_days": 30,
    "modes.buyback.switch_fee_minor": 500,
}


@dataclass
class World:
    """The people, and by the beginning of a route the values of its arguments."""

    seller: Person
    buyer: Person
    agent: Person
    reviewer: Person
    warehouse: Person
    order: Order
    draft: Listing
    submitted: Listing
    live: Listing
    arguments: dict[str, dict[str, Any]]
    addresses: dict[tuple[str, str], str] = field(default_factory=dict)

    def url(self, app: Flask, rule: Rule) -> str:
        """The address of a route about this world's things."""
        key = (rule.endpoint, rule.rule)
        if key not in self.addresses:
            self.addresses[key] = self._url(app, rule)
        return self.addresses[key]

    def _url(self, app: Flask, rule: Rule) -> str:
        wanted = [name for name in self.arguments if rule.rule.startswith(name)]
        values = self.arguments[max(wanted, key=len)] if wanted else {}
        with app.test_request_context():
            said = dict(rule.defaults or {})
            asked = {name: values.get(name, _nothing(rule, name)) for name in rule.arguments - said.keys()}
            address = url_for(rule.endpoint, **said, **asked)
        return address + ("?" + values["query"] if rule.rule == "/sell/listings/new" else "")

    @property
    def people(self) -> dict[str, Person]:
        return {
            "seller": self.seller,
            "buyer": self.buyer,
            "agent": self.agent,
            "reviewer": self.reviewer,
            "warehouse": self.warehouse,
        }

    def those_it_is_for(self, app: Flask, rule: Rule) -> list[Person]:
        """Whom a route is for: staff who may open it, if it is the desk's; else a seller, a buyer, and who reads along.

        For anybody else there is nothing behind it, whatever they send: ``test_strangers`` shows that.
        """
        permission = permission_of(app, rule.endpoint)
        if permission is not None and permission.gate is Gate.STAFF:
            return [person for person in self.people.values() if may_open(person, permission)]
        return [self.seller, self.buyer, self.agent]


def _nothing(rule: Rule, argument: str) -> Any:
    """What stands in an address for a thing that this world has not got."""
    return 9_999 if isinstance(rule._converters[argument], IntegerConverter) else "nothing"


@kept
def build(app: Flask) -> World:
    """Draft, submitted, live, supply, an order ready to ship, a settled one with its gift card, an alarm."""
    sold = shop.a_live_listing()
    seller = db.session.get_one(Person, sold.seller_id)
    buyer = an_account(name="Bea Buyer")
    order = _bought(app, sold, buyer)
    shop.confirmed(shop.delivered(_bought(app, shop.a_live_listing(), buyer)))
    case = _disputed(app, buyer)
    draft = shop.graded(shop.a_draft(seller), "good")
    flaw = shop.a_flaw(draft, "exterior", "scratch", "light")
    shop.photographed(draft, "front", seed=2)  # a photo that no public listing shows
    submitted = shop.submitted(shop.a_complete_draft())
    live = shop.a_live_listing()
    supply = shop.a_supply_listing()
    purchase = shop.a_purchase(seller)
    session = db.session.scalars(sa.select(SandboxSession)).first()
    card = db.session.scalars(sa.select(GiftCard)).first()
    assert session is not None
    assert card is not None
    with unit_of_work():
        alarm = Alarm(kind=AlarmKind.PARCEL_LOST, subject_type="orders", subject_id=order.id, raised_at=clock.now())
        db.session.add(alarm)
        token = links.make(order, at=clock.now())
        reply = replies.keep("Wait", "About {item}.", by=an_account(roles=[Role.MANAGER]), at=clock.now())
    bank, proof = _charged_back(case.order)
    transfer = _to_be_sent()
    with unit_of_work():
        versions.publish(changed(MODES), at=clock.now())
    letter = db.session.scalars(sa.select(SandboxMail).order_by(SandboxMail.id)).first()
    assert letter is not None
    photo = draft.photos[0]
    of_order = {"number": order.number, "verb": "cancel"}
    of_draft = {"number": draft.number, "flaw_id": flaw.id, "slot": "front", "query": f"purchase={purchase.id}&unit=1"}
    arguments: dict[str, dict[str, Any]] = {
        "/account/email/": {"token": "n" * 43},
        "/account/saved/": {"number": live.number, "search_id": 1},
        "/account/offers/": {"offer_id": 1, "number": live.number},
        "/api/v1/gift-cards/redemptions": {"number": "D00000000"},
        "/bag/": {"number": live.number},
        "/checkout/": {"number": order.checkout.number},
        "/desk/alarms/": {"alarm_id": alarm.id},
        "/desk/channels/": {"number": "X00000000"},
        "/desk/gift-cards/": {"number": card.number, "person_id": card.holder_id},
        "/desk/listings/": {"number": live.number},
        "/desk/orders/": {**of_order, "end": "to"},
        "/desk/payouts/": {"number": transfer.run.number, "transfer": transfer.number, "person_id": seller.id},
        "/desk/people/": {"person_id": seller.id},
        "/desk/replies/": {"reply_id": reply.id},
        "/desk/reports/": {"key": "payouts"},
        "/desk/review/": {"number": submitted.number},
        "/desk/supply/": {"number": supply.number, "flaw_id": 1, "slot": "front"},
        "/desk/chargebacks/": {"number": bank.number, "file_id": proof.id},
        "/desk/disputes/": {"number": case.number},
        "/disputes/": {"number": case.number, "verb": "write"},
        "/feeds/channels/": {"token": "n" * 64, "part": 0},
        "/feeds/merchant-": {"part": 0},
        "/help/": {"slug": "fees"},
        "/join/confirm/": {"token": "n" * 43},
        "/letters/stop/": {"token": "n" * 43},
        "/orders/": of_order,
        "/orders/link/": {"token": token},
        "/p/": {"path": public_path(live).removeprefix("/p/")},
        "/photos/": {"key": photo.key.removeprefix("photos/"), "width": 320},
        "/reset/": {"token": "n" * 43},
        "/sandbox/channels/": {"outlet": "rue-seconde", "ref": "S-1"},
        "/sandbox/mail/": {"mail_id": letter.id},
        "/sandbox/parcels/": {"tracking": shop.parcel_of(order).tracking_number},
        "/sandbox/pay/": {"ref": session.ref},
        "/sell/listings/": of_draft,
        "/sell/offers/": {"offer_id": 1},
        "/sell/passports/": {"item_id": order.item_id},
        "/sell/payouts/": {"reference": transfer.payout.reference},
        "/sell/sales/": of_order,
        "/sell/wardrobe/": {"number": live.number},
        "/shop/": {"name": "tote"},
        "/sign-in/link/": {"token": "n" * 43},
        "/sitemaps/pieces-": {"part": 0},
        "/social/": {"number": live.number},
        "/static/": {"filename": "css/reprise.css"},
        "/terms/": {"number": 1},
        "/theme/": {"content_hash": versions.current().content_hash[:16]},
        "/webhooks/shippo/": {"token": "n" * 43},
        **_consigned(seller),
        **_offered(seller),
    }
    return World(
        seller=seller,
        buyer=buyer,
        agent=an_account(roles=[Role.AGENT]),
        reviewer=an_account(roles=[Role.REVIEWER]),
        warehouse=an_account(roles=[Role.WAREHOUSE]),
        order=order,
        draft=draft,
        submitted=submitted,
        live=live,
        arguments=arguments,
    )


def _consigned(owner: Person) -> dict[str, dict[str, Any]]:
    """For each form about a piece we sell for its owner, one in the state in which the form is there."""
    by, coming = consigned.expert(), consigned.requested(owner, consigned.a_wish(), consigned.a_wish())
    made = consigned.requested(owner, *[consigned.a_wish()] * 10)
    live, answered, proposed, countered, here, declined, back, given, arrived, stepping = made.pieces
    for piece in (live, stepping):
        consigned.live(piece)
    for piece in (answered, proposed, countered):
        consigned.proposed(piece)
    for piece in (here, declined, back, given):
        consigned.received(piece)
        with unit_of_work():
            examining.examine(piece, by=by, at=clock.now())
    consigned.received(arrived)
    with unit_of_work():
        proposing.counter(countered, Money(35_000, "USD"), by=owner, at=clock.now())
        for piece in (declined, back, given):
            examining.decline(piece, "altered", by=by, at=clock.now())
        examining.choose(back, Choice.RETURN, by=owner, at=clock.now())
        examining.choose(given, Choice.RECYCLE, by=owner, at=clock.now())
        smart_pricing.begin(stepping, at=clock.now())
        unsent = describing.add(consigned.a_wish(), by=owner, at=clock.now())
    offer = switching.offer_for(answered.id)
    assert offer is not None

    def at(piece: ConsignedPiece) -> dict[str, Any]:
        return {"number": piece.consignment.number, "position": piece.position}

    hers, ours, there = "/sell/consign/", "/desk/intake/", "<number>/<int:position>/"
    return {
        hers: {**at(proposed), "slot": "front"},
        f"{hers}pieces/": {"position": unsent.position},
        f"{hers}{there}photos": {**at(unsent), "slot": "front"},
        f"{hers}<number>/call-off": {"number": coming.number},
        "/sell/fees/": {"number": db.session.scalars(sa.select(FeeBill.number)).first()},
        f"{hers}{there}accept": at(answered),
        f"{hers}{there}refuse": at(answered),
        f"{hers}{there}choose": at(declined),
        f"{hers}{there}lower": at(live),
        f"{hers}{there}take-back": at(live),
        f"{hers}{there}stop-smart-pricing": at(stepping),
        "/sell/quote/<number>/switch": {"number": offer.number},
        ours: at(here),
        f"{ours}{there}receive": at(coming.pieces[0]),
        f"{ours}{there}examine": at(arrived),
        f"{ours}{there}agree": at(countered),
        f"{ours}{there}stand": at(countered),
        f"{ours}{there}hand-back": at(back),
        f"{ours}{there}waive": at(back),
        f"{ours}{there}lose": at(back),
        f"{ours}{there}hand-on": at(given),
    }


def _offered(owner: Person) -> dict[str, dict[str, Any]]:
    """The same for a piece that its owner offers to us."""
    asked, quoted, hoped, accepted = bought.asked(owner), *(bought.quoted(bought.asked(owner)) for _ in range(3))
    bought.accepted(accepted)
    revised, failed, inspected = (
        led(bought.accepted(bought.quoted(bought.asked(owner)), by_hand=True))
        for led in (bought.revised, bought.failed, bought.inspected)
    )
    hers, ours, there = "/sell/quote/<number>/", "/desk/intake/<number>/<int:position>/", {"position": 1}
    return {
        "/sell/quote/": {"number": quoted.number, "slot": "front"},
        f"{hers}photos": {"number": asked.number, "slot": "front"},
        f"{hers}hope": {"number": hoped.number},
        f"{hers}call-off": {"number": accepted.number},
        f"{hers}label.pdf": {"number": accepted.number},
        f"{hers}take": {"number": revised.number},
        f"{hers}give-up": {"number": revised.number},
        f"{hers}fetch": {"number": failed.number},
        "/desk/quotes/": {"number": asked.number},
        **{f"{ours}{verb}": {"number": inspected.number, **there} for verb in ("confirm", "revise", "fail")},
    }


def _disputed(app: Flask, buyer: Person) -> Dispute:
    """A case about a piece of its own."""
    order = shop.delivered(_bought(app, shop.a_live_listing(), buyer))
    with unit_of_work():
        report = Report(Kind.CONDITION, Wish.RETURN, "The corners are worn.", ("corners",))
        return opening.open_dispute(order, report, by=order.buyer, at=clock.now())


def _charged_back(order: Order) -> tuple[Chargeback, EvidenceFile]:
    """A bank's case about the same piece, with a file for the bank."""
    agent, attempt = an_account(roles=[Role.AGENT]), attempts.paid_attempt_of(order.checkout_id)
    with unit_of_work():
        paid = sa.select(SandboxSession).where(SandboxSession.payment_ref == attempt.payment_ref)
        play("inquire", attempt.payment_ref or "", sandbox.left_of(db.session.scalars(paid).one()))
        there = db.session.scalars(sa.select(SandboxChargeback)).one()
        bank = chargebacks.apply(attempt, there.report(), at=clock.now())
        return bank, evidence.add_file(bank, "receipt", "proof.pdf", b"%PDF-1.7", by=agent, at=clock.now())


def _to_be_sent() -> PayoutTransfer:
    """A run in which the settled order's payout is planned once more."""
    with unit_of_work():
        run = PayoutRun(
            number="P00000001",
            currency="USD",
            prepared_by_id=an_account(roles=[Role.MANAGER]).id,
            prepared_at=clock.now(),
        )
        payout = db.session.scalars(sa.select(Payout)).one()
        planned = PayoutTransfer(
            number="N0000000001", payout=payout, amount_minor=payout.amount_minor, currency="USD", last_four="3000"
        )
        run.transfers.append(planned)
        db.session.add(run)
        return planned


def _bought(app: Flask, listing: Listing, buyer: Person) -> Order:
    """Bought and paid over HTTP; its label is made."""
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(buyer)
    [order] = buy(browser, listing, email=buyer.email)

    def work() -> None:
        with app.app_context():
            runner.run_until_idle()

    apart(work)
    return db.session.get_one(Order, order.id)


def routes(app: Flask, method: str) -> list[Rule]:
    """Every rule that takes the method, in the order of the addresses."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted(found, key=lambda rule: rule.rule)


def everything() -> dict[str, list[str]]:
    """Every row of every table: two of these are equal where nothing changed."""
    db.session.expire_all()
    return {
        table.name: sorted(repr(tuple(row)) for row in db.session.execute(sa.select(table)))
        for table in db.metadata.sorted_tables
    }


def token_of(browser: Browser) -> str:
    """The CSRF token of this browser's own session."""
    field = page(browser.get("/track")).find("input", attrs={"name": "csrf_token"})
    assert field is not None
    return str(field["value"])
