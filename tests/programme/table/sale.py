"""What a sale costs, pays and waits for: price, shipping, payout, limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import deadlines
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.suggestion import is_outside_band, suggestion_for
from marketplace.mail.models import SandboxMail
from marketplace.orders import fulfilment
from marketplace.orders.holds import TooManyHolds
from marketplace.orders.models import Order
from marketplace.payments import attempts
from marketplace.payouts.paying import payout_of
from marketplace.programme import versions
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing, words
from tests.programme.table.pieces import suggested

PRICING, SENDING, PACKING = "/help/pricing", "/help/sending", "/help/packing"
CARD, LATE, DELIVERY, BUYING = "/help/gift-cards", "/help/not-arrived", "/help/delivery", "/help/who-can-buy"
ONE_SALE_COUNTS = {"price.suggestion.sales_min_count": 1}


# Price ---------------------------------------------------------------------------------------------------------------


def refuses_price(minor: int) -> Behaviour:
    def refuses(scene: Scene) -> None:
        listing = world.a_draft()
        with refusing(PriceOutOfBounds):
            world.priced(listing, minor)
        assert listing.price_minor is None

    return refuses


def points_out(minor: int) -> Behaviour:
    """The reviewer is told that this price is far from the $165 suggested."""

    def flagged(scene: Scene) -> None:
        listing = world.priced(world.graded(world.a_draft(), "excellent"), minor)
        found = suggestion_for(listing, at=clock.now())
        assert found is not None
        assert is_outside_band(listing, found)

    return flagged


def after_a_sale_for_100(minor: int, *, days: int = 0) -> Behaviour:
    """What is suggested for a piece of a style that sold for $100 some days ago."""

    def suggests(scene: Scene) -> None:
        style = f"VL-{versions.current().number}"
        world.paid(world.an_order(world.a_live_listing(minor=10_000, style_number=style)))
        with unit_of_work():
            clock.advance(timedelta(days=days))
        listing = world.graded(world.a_draft(style_number=style, purchased_on=clock.now().date()), "excellent")
        found = suggestion_for(listing, at=clock.now())
        assert found is not None
        assert found.price.minor == minor

    return suggests


PRICE = [
    Row("price.min_minor", 10_000, refuses_price(5_000), page=PRICING, says="from $100 to"),
    Row("price.max_minor", 20_000, refuses_price(25_000), page=PRICING, says="to $200."),
    Row("price.review_band_basis_points", 1000, points_out(14_500), page=PRICING, says="more than 10% away"),
    Row(
        "price.suggestion.lost_per_year_basis_points",
        2000,
        suggested(12_000),
        page=PRICING,
        says="20% of the original price is taken off for each full year",
    ),
    Row(
        "price.suggestion.floor_basis_points",
        7000,
        suggested(21_000),
        page=PRICING,
        says="never less than 70% is suggested",
    ),
    Row(
        "price.suggestion.sales_min_count",
        1,
        after_a_sale_for_100(14_000),
        page=PRICING,
        says="we have sold 1 of the same style",
    ),
    Row(
        "price.suggestion.sales_lookback_days",
        30,
        after_a_sale_for_100(18_000, days=40),
        page=PRICING,
        says="within 30 days",
        given=ONE_SALE_COUNTS,
    ),
    Row(
        "price.suggestion.sales_weight_basis_points",
        10_000,
        after_a_sale_for_100(10_000),
        page=PRICING,
        says="counts for 100% of the suggestion",
        given=ONE_SALE_COUNTS,
    ),
]


# Shipping and payout -------------------------------------------------------------------------------------------------


def shipping_costs(minor: int) -> Behaviour:
    def costs(scene: Scene) -> None:
        order = world.an_order()
        assert order.shipping_minor == minor
        assert order.total.minor == order.price_minor + minor + order.tax_minor

    return costs


def label_mail_says(words_of_mail: str) -> Behaviour:
    """The mail with the label tells the seller so, and the page does too."""

    def says(scene: Scene) -> None:
        order = world.paid()
        letter = newest_letter("label")
        assert order.listing.title in letter.subject
        assert words_of_mail in letter.text

    return says


def newest_letter(message: str) -> SandboxMail:
    query = db.select(SandboxMail).where(SandboxMail.message == message).order_by(SandboxMail.id.desc()).limit(1)
    letter: SandboxMail = db.session.scalars(query).one()
    return letter


def pays_out(minor: int) -> Behaviour:
    """A piece of $180 is confirmed: what its seller receives."""

    def pays(scene: Scene) -> None:
        order = world.confirmed(world.delivered())
        payout = payout_of(order.id)
        assert payout is not None
        assert payout.amount.minor == minor

    return pays


SHIPPING = [
    Row("shipping.amount_minor", 1200, shipping_costs(1200), page=PRICING, says="A fixed $12 for shipping"),
    words("shipping.carrier", "Parcelwise", "/help/contact", "/help/getting-paid", "/terms"),
    words("shipping.service", "Parcelwise Ground", SENDING, DELIVERY, "/terms"),
    words("shipping.usual_days_min", 2, DELIVERY, "/how-it-works", says="2 to 5 days"),
    words("shipping.drop_off.text", "Leave it with any of our shops.", SENDING),
    words("shipping.drop_off.link_label", "Our shops", SENDING),
    Row(
        "shipping.drop_off.url",
        "https://www.velorne.example/shops",
        label_mail_says("https://www.velorne.example/shops"),
        page=SENDING,
        says="https://www.velorne.example/shops",
    ),
    words("shipping.pickup.text", "Or have it fetched.", SENDING),
    words("shipping.pickup.link_label", "Have it fetched", SENDING),
    Row(
        "shipping.pickup.url",
        "https://www.velorne.example/fetch",
        label_mail_says("https://www.velorne.example/fetch"),
        page=SENDING,
        says="https://www.velorne.example/fetch",
    ),
    Row(
        "shipping.packing_tips",
        ["Two layers of tissue."],
        label_mail_says("Two layers of tissue."),
        page=PACKING,
        says="Two layers of tissue.",
    ),
    Row("payout.payout_basis_points", 8500, pays_out(15_300), page="/help/getting-paid", says="You receive 85%"),
    words("payout.gift_card.name", "Velorne voucher", CARD, "/help/getting-paid", "/how-it-works", "/terms"),
    words("payout.gift_card.spends_at", ["In the garden shop."], CARD, says="In the garden shop."),
    words("payout.gift_card.terms_url", "https://www.velorne.example/voucher-terms", CARD, "/terms"),
]


# Limits --------------------------------------------------------------------------------------------------------------


def business_days_later(start: datetime, days: int) -> datetime:
    return versions.current().calendar.end_of_business_day_after(start, days)


def waits_until(kind: str, order: Order) -> datetime:
    waiting = deadlines.waiting_deadline(kind, order)
    assert waiting is not None
    return waiting.due_at


def review_is_promised(days: int) -> Behaviour:
    def promised(scene: Scene) -> None:
        listing = world.submitted(world.a_complete_draft())
        assert listing.submitted_at is not None
        assert listing.review_due_at == business_days_later(listing.submitted_at, days)

    return promised


def label_alarm(days: int) -> Behaviour:
    """Without a label the desk is told so many business days after the payment."""

    def rings(scene: Scene) -> None:
        order = world.an_order()
        world.capture(order)
        assert waits_until(fulfilment.LABEL_LATE, order) == business_days_later(clock.now(), days)

    return rings


def ship_by(days: int) -> Behaviour:
    def due(scene: Scene) -> None:
        order = world.paid()
        assert order.label_issued_at is not None
        assert order.ship_by_at == business_days_later(order.label_issued_at, days)

    return due


def cancels_itself(days: int) -> Behaviour:
    """So many business days after the ship-by moment."""

    def ends(scene: Scene) -> None:
        order = world.paid()
        world.pass_time(days=8)
        assert order.ship_by_at is not None
        assert waits_until(fulfilment.CANCEL_LATE, order) == business_days_later(order.ship_by_at, days)

    return ends


def counts_as_lost(days: int) -> Behaviour:
    def lost(scene: Scene) -> None:
        order = world.sent()
        assert order.shipped_at is not None
        assert waits_until(fulfilment.NO_MOVEMENT, order) == order.shipped_at + timedelta(days=days)

    return lost


def first_word_after(days: int) -> Behaviour:
    """A parcel is late so many days after it was sent: the buyer then hears of it."""

    def hears(scene: Scene) -> None:
        order = world.sent()
        assert order.shipped_at is not None
        assert waits_until(fulfilment.LATE_WORD, order) == order.shipped_at + timedelta(days=days)

    return hears


def next_word_after(days: int) -> Behaviour:
    def hears(scene: Scene) -> None:
        order = world.sent()
        world.pass_time(days=6)
        assert waits_until(fulfilment.LATE_WORD, order) == business_days_later(clock.now(), days)

    return hears


def window(hours: int) -> Behaviour:
    def closes(scene: Scene) -> None:
        order = world.delivered()
        assert order.delivery_mail_at is not None
        assert order.window_closes_at == order.delivery_mail_at + timedelta(hours=hours)

    return closes


def payment_stays_open(minutes: int) -> Behaviour:
    def stays(scene: Scene) -> None:
        order = world.an_order()
        attempt = attempts.open_attempt_of(order.checkout_id)
        assert attempt is not None
        left = attempt.expires_at - clock.wall()
        assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)

    return stays


def second_hold_is_refused(scene: Scene) -> None:
    buyer, first, second = an_account(), world.a_live_listing(), world.a_live_listing()
    world.a_checkout([first], buyer=buyer)
    with refusing(TooManyHolds):
        world.a_checkout([second], buyer=buyer)
    db.session.expire_all()
    assert (first.state, second.state) == ("held", "live")


LIMITS = [
    Row("limits.review_business_days", 5, review_is_promised(5), page="/help/review", says="about 5 business days"),
    Row(
        "limits.label_alarm_business_days", 2, label_alarm(2), page=LATE, says="within 2 business days of your payment"
    ),
    Row("limits.ship_by_business_days", 6, ship_by(6), page=SENDING, says="within 6 business days of the label mail"),
    Row(
        "limits.cancel_late_business_days",
        9,
        cancels_itself(9),
        page=LATE,
        says="9 business days later the order cancels itself",
    ),
    Row("limits.no_movement_days", 20, counts_as_lost(20), page=LATE, says="nothing has been reported for 20 days"),
    Row("limits.late_update_business_days", 5, next_word_after(5), page=LATE, says="every 5 business days"),
    Row("shipping.usual_days_max", 9, first_word_after(9), page=DELIVERY, says="3 to 9 days"),
    Row(
        "limits.confirmation_window_hours",
        96,
        window(96),
        page="/help/when-it-arrives",
        says="From that moment you have 4 days",
    ),
    Row("limits.payment_minutes", 60, payment_stays_open(60), page=BUYING, says="held for you for 60 minutes"),
    Row("limits.live_holds_per_person", 1, second_hold_is_refused, page=BUYING, says="up to 1 pieces at a time"),
]

ROWS = [*PRICE, *SHIPPING, *LIMITS]
