"""What the members do with their gift cards: spend them at the house's tills, or lose them."""

from __future__ import annotations

import re

import sqlalchemy as sa

from marketplace import clock
from marketplace.credits import issuing, spending, tokens
from marketplace.credits.codes import hash_of
from marketplace.credits.models import ApiToken, GiftCard, Scope
from marketplace.database import db, unit_of_work
from marketplace.demo.cast import staff
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.mail.models import SandboxMail
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.payouts.lost_cards import replace_card
from marketplace.people.models import Role

TILL, WEB_SHOP = "Velorne Fifth Avenue, till 2", "velorne.example"

_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3,}\b")


def spent_and_lost(stage: Stage) -> Story:
    """One card is spent in part, one to the last cent, one is spent and given back, one is lost and replaced."""
    yield stage.timeline.moment(days_ago=70, hour=9)
    with unit_of_work():
        for name in (TILL, WEB_SHOP):
            tokens.make_token(name, Scope.GIFT_CARDS, at=clock.now())
    yield stage.timeline.moment(days_ago=21, hour=16)
    _spend(_codes()[0], share=40, at_till=TILL)
    _spend(_codes()[1], share=100, at_till=WEB_SHOP)
    yield stage.timeline.moment(days_ago=19, hour=16)
    _give_back(_spend(_codes()[2], share=60, at_till=TILL))
    yield stage.timeline.moment(days_ago=12, hour=16)
    _replace(_codes()[3])
    _sell_at_the_web_shop(stage)


def spend_of(order_id: int, *, share: int) -> None:
    """Its seller spends so many percent of the last card that came by mail."""
    with unit_of_work(reading=True) as session:
        seller = session.get_one(Order, order_id).seller
        mailbox = seller.email if seller else ""
    _spend(_codes(mailbox)[-1], share=share, at_till=TILL)


def _codes(mailbox: str | None = None) -> list[str]:
    """The codes in the mails that brought a gift card, oldest first: nothing else knows a code."""
    brought = sa.select(SandboxMail.text).where(SandboxMail.message == "gift_card_ready")
    if mailbox is not None:
        brought = brought.where(SandboxMail.recipient == mailbox)
    with unit_of_work(reading=True) as session:
        letters = session.scalars(brought.order_by(SandboxMail.id)).all()
    return [found[0] for text in letters if (found := _CODE.search(text))]


def _spend(code: str, *, share: int, at_till: str) -> str:
    """Spend so many percent of the card; returns the redemption's number."""
    with unit_of_work():
        _card, left = spending.usable_card(code)
        amount = Money(left.minor * share // 100, left.currency)
        receipt = f"{clock.now():%y%m%d}-{share:03d}"
        spent = spending.redeem(code=code, amount=amount, reference=receipt, token=_token(at_till), at=clock.now())
        return spent.number


def _give_back(number: str) -> None:
    with unit_of_work():
        spending.reverse(number=number, token=_token(TILL), at=clock.now())


def _replace(code: str) -> None:
    with unit_of_work():
        card = db.session.scalars(sa.select(GiftCard).where(GiftCard.code_hash == hash_of(code))).one()
        replace_card(card, by=staff(Role.AGENT), at=clock.now(), reason="She deleted the mail by mistake; we spoke.")


def _sell_at_the_web_shop(stage: Stage) -> None:
    """The house's web shop sells a card of its own, issued here."""
    with unit_of_work():
        order = f"W{stage.chance.randrange(700_000, 800_000)}"
        issuing.issue_for(_token(WEB_SHOP), amount=Money(10_000, "USD"), reference=order, at=clock.now())


def _token(name: str) -> ApiToken:
    return db.session.scalars(sa.select(ApiToken).where(ApiToken.name == name)).one()
