"""The shop as its own issuer: one card a reference, and a code that works whatever was lost on the way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace.credits import cards, own
from marketplace.credits.codes import hash_of
from marketplace.credits.issuer import CardWanted, IssueRefused
from marketplace.credits.models import GiftCard
from marketplace.credits.own import OwnIssuer
from marketplace.database import db, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs.outbox import OutcomeUnknown
from marketplace.ledger import Account, Line
from marketplace.money import Money
from tests.accounts import an_account
from tests.bookings import book
from tests.credits.tills import Till

WANTED = CardWanted(Money(19_600, "USD"), "R7K2M9QXA", "gift_card:R7K2M9QXA")


def rows() -> list[GiftCard]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(GiftCard)))


def posted(card_id: int) -> None:
    lines = (
        Line(Account.SELLER_PAYABLE, WANTED.amount),
        Line(Account.GIFT_CARD_LIABILITY, -WANTED.amount, gift_card_id=card_id),
    )
    book(lines=lines, kind="issue")


def test_a_card_is_issued_and_worth_nothing_before_it_is_posted(app) -> None:
    issued = OwnIssuer().issue(WANTED)
    (card,) = rows()
    assert (issued.number, issued.last_four, issued.amount) == (card.number, issued.code[-4:], WANTED.amount)
    assert (issued.card_id, card.reference) == (card.id, WANTED.reference)
    assert card.code_hash == hash_of(issued.code)
    assert not cards.is_posted(card)
    assert cards.balance_of(card) == Money(0, "USD")


def test_the_code_is_not_in_what_a_log_line_would_show(app) -> None:
    issued = OwnIssuer().issue(WANTED)
    assert issued.code not in repr(issued)


def test_nothing_is_found_where_nothing_was_issued(app) -> None:
    assert OwnIssuer().look_up(WANTED) is None
    assert rows() == []


@pytest.mark.parametrize("again", ["issue", "look_up"])
def test_asked_again_it_is_the_same_card_with_a_fresh_code(app, again: str) -> None:
    first = OwnIssuer().issue(WANTED)
    second = getattr(OwnIssuer(), again)(WANTED)
    (card,) = rows()
    assert (second.number, second.card_id) == (first.number, first.card_id)
    assert second.code != first.code
    assert card.code_hash == hash_of(second.code)
    assert card.last_four == second.last_four


@pytest.mark.parametrize("again", ["issue", "look_up"])
def test_a_card_in_somebodys_hands_keeps_its_code(app, again: str) -> None:
    issued = OwnIssuer().issue(WANTED)
    posted(issued.card_id or 0)
    with pytest.raises(IssueRefused, match="handed over already"):
        getattr(OwnIssuer(), again)(WANTED)
    (card,) = rows()
    assert card.code_hash == hash_of(issued.code)


def test_handing_over_makes_the_card_its_holders(app) -> None:
    seller, issued = an_account(), OwnIssuer().issue(WANTED)
    with unit_of_work():
        own.hand_over(issued.card_id or 0, code=issued.code, holder_id=seller.id)
    assert rows()[0].holder_id == seller.id


def test_a_code_that_was_renewed_meanwhile_is_not_handed_over(app) -> None:
    """Another worker asked again while this one slept: the code it holds would open nothing."""
    seller, stale = an_account(), OwnIssuer().issue(WANTED)
    OwnIssuer().look_up(WANTED)
    with pytest.raises(OutcomeUnknown), unit_of_work():
        own.hand_over(stale.card_id or 0, code=stale.code, holder_id=seller.id)
    assert rows()[0].holder_id is None


def test_a_card_that_does_not_exist_is_a_fault_of_ours(app) -> None:
    with pytest.raises(ProgrammingError):
        own.hand_over(404, code="", holder_id=1)


def test_a_shop_that_asked_by_api_under_the_same_reference_has_another_card(client) -> None:
    theirs = Till(client).issue(500, reference=WANTED.reference).json
    ours = OwnIssuer().issue(WANTED)
    assert ours.number != theirs["number"]
    assert len(rows()) == 2
