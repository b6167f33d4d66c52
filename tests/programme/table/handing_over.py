"""How a piece travels, and what its seller receives."""

from __future__ import annotations

from marketplace.database import db
from marketplace.mail.models import SandboxMail
from marketplace.payouts.paying import payout_of
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, words

PRICING, SENDING, PACKING = "/help/pricing", "/help/sending", "/help/packing"
CARD, DELIVERY = "/help/gift-cards", "/help/delivery"


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


ROWS = [
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
