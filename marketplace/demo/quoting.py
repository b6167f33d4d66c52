"""What people of the demo world offer the house to buy: one piece in every state of its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle

from marketplace import clock
from marketplace.buybacks import arriving, inspecting, quoting, requesting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import WayBack
from marketplace.buybacks.terms import open_forms
from marketplace.custody.arranging import Arrangement
from marketplace.custody.taking import PieceNotTaken, Wish
from marketplace.database import db, unit_of_work
from marketplace.demo import buying, handing_over
from marketplace.demo.cast import Character, members_in, staff
from marketplace.demo.library import HOUSE, PER_DOLLAR, library
from marketplace.demo.pictures.shots import Take
from marketplace.demo.pieces import Piece
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.jobs import runner
from marketplace.listings import photos
from marketplace.money import Money
from marketplace.people.models import Role
from marketplace.programme.policy import Policy
from marketplace.shipping import parcels


@dataclass
class Offer:
    """One piece of the story: whose, which, offered how many days ago."""

    owner: Character
    take: Take
    days_ago: int
    id: int = 0


def tell_all(stage: Stage, policy: Policy) -> None:
    """Let every story begin, where somebody lives in this market who could send a piece."""
    owners = cycle(members_in(policy.market.country))
    shuffled = [key for key in sorted(library()) if _is_bought(key, policy)]
    stage.chance.shuffle(shuffled)
    keys = cycle(shuffled)
    for story, days_ago in (
        (paid, 20),
        (lapsed, 18),
        (revoked, 14),
        (worth_less, 12),
        (arrived, 9),
        (sent, 6),
        (taken, 4),
        *([(to_be_brought, 5)] if policy.inbound.stores else []),
        (hoped_for_more, 3),
        (quoted, 2),
        (asked, 1),
        (asked, 1),
    ):
        take = Take(next(keys), 1, by_house=True)
        stage.deal_piece(Piece(take, None, "excellent", (), "", (), 100), days_ago)
        stage.timeline.tell(story(stage, Offer(next(owners), take, days_ago), policy))


def _is_bought(key: str, policy: Policy) -> bool:
    try:
        requesting.check_piece(policy, house=HOUSE, category=_category(key), grade=_grade(policy))
    except PieceNotTaken:
        return False
    return True


def _category(key: str) -> str:
    return library()[key].category.replace(" ", "-")


def _grade(policy: Policy) -> str:
    return policy.modes.buyback.grades[-1] if policy.modes.buyback.grades else policy.condition.accepted_grades[1].key


# Stories -------------------------------------------------------------------------------------------------------------


def asked(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Described and photographed: the desk owes a quote."""
    yield stage.some_time(offer.days_ago, 10)
    _ask(stage, offer, policy)


def quoted(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Its owner thinks about our quote."""
    yield from asked(stage, offer, policy)
    yield stage.some_time(offer.days_ago, 15)
    _do(offer, lambda one, at: quoting.quote(one, by=staff(Role.REVIEWER), at=at))


def hoped_for_more(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """She had hoped for more, and we owe an answer."""
    yield from quoted(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 1, 20)
    _do(offer, lambda one, at: quoting.hope(one, _more(one), by=one.owner, at=at))


def lapsed(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Nobody answered, and the days of the quote are over."""
    yield from quoted(stage, offer, policy)
    yield stage.timeline.moment(days_ago=offer.days_ago - policy.modes.buyback.valid_days, hour=16, minute=30)
    runner.run_until_idle()


def taken(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Accepted; the label is in its owner's mail."""
    yield from quoted(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 1, 20)
    _accept(offer, policy, Arrangement(offer.owner.address))


def to_be_brought(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Accepted; its owner brings it to the store."""
    yield from quoted(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 1, 20)
    _accept(offer, policy, handing_over.to_a_store(policy.inbound.stores[0]))


def sent(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Scanned by the carrier."""
    yield from taken(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 2, 11)
    _carry(offer, "scan")


def arrived(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Ticked at the desk, and before an expert."""
    yield from sent(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 4, 11)
    _carry(offer, "deliver")
    yield stage.some_time(offer.days_ago - 4, 14)
    _do(offer, lambda one, at: arriving.receive(one, place="Shelf 2", by=staff(Role.WAREHOUSE), at=at))
    _do(offer, lambda one, at: inspecting.examine(one, by=staff(Role.WAREHOUSE), at=at))


def worth_less(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """The photos did not show everything: its owner answers a revised quote."""
    yield from arrived(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 7, 11)
    _do(offer, lambda one, at: inspecting.find_genuine(one, by=staff(Role.REVIEWER), at=at))
    reason = "The lining is worn through at one corner."
    _do(offer, lambda one, at: inspecting.revise(one, _less(one), reason=reason, by=staff(Role.REVIEWER), at=at))


def revoked(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """Not one that we buy: its owner has it sent back by courier."""
    yield from arrived(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 7, 11)
    _do(offer, lambda one, at: inspecting.fail(one, "altered", by=staff(Role.REVIEWER), at=at))
    yield stage.some_time(offer.days_ago - 8, 20)
    _do(offer, lambda one, at: inspecting.fetch(one, WayBack.COURIER, by=one.owner, at=at))


def paid(stage: Stage, offer: Offer, policy: Policy) -> Story:
    """As quoted: ours, and paid in the first form there is."""
    yield from arrived(stage, offer, policy)
    yield stage.some_time(offer.days_ago - 7, 11)
    _do(offer, lambda one, at: inspecting.find_genuine(one, by=staff(Role.REVIEWER), at=at))
    _do(offer, lambda one, at: inspecting.confirm(one, by=staff(Role.REVIEWER), at=at))


# Acts ----------------------------------------------------------------------------------------------------------------


def _ask(stage: Stage, offer: Offer, policy: Policy) -> None:
    style, currency = library()[offer.take.key], policy.market.currency
    wish = Wish(
        house=HOUSE,
        category=_category(offer.take.key),
        title=style.title,
        colour=style.colour,
        grade=_grade(policy),
        retail=Money(style.list_price_minor * PER_DOLLAR.get(currency, 1), currency),
    )
    includes = [one.key for one in policy.condition.comes_with[: stage.chance.randrange(2, 5)]]
    with unit_of_work():
        by, at = offer.owner.person, clock.now()
        made = requesting.request(wish, includes=includes, is_private=True, by=by, at=at)
        offer.id = made.id
        if made.listing is None:
            raise LookupError(f"{made.number} has no draft")
        photos.keep(made.listing, "front", stage.album.photo(offer.take, "front"), by=by, at=at)


def _accept(offer: Offer, policy: Policy, comes: Arrangement) -> None:
    _do(offer, lambda one, at: quoting.accept(one, open_forms(policy)[0], comes, by=one.owner, at=at))


def _more(buyback: Buyback) -> Money:
    price = buyback.price or buyback.retail
    return Money(price.minor + price.minor // 5, price.currency)


def _less(buyback: Buyback) -> Money:
    price = buyback.price or buyback.retail
    return Money(price.minor - price.minor // 5, price.currency)


def _carry(offer: Offer, step: str) -> None:
    with unit_of_work():
        parcel = parcels.inbound_parcel(db.session.get_one(Buyback, offer.id).number)
        number = parcel.tracking_number if parcel else None
    if number is None:
        raise LookupError(f"buyback {offer.id} has no label yet")
    buying.carry_parcel(number, step)


def _do(offer: Offer, act: Callable[[Buyback, datetime], object]) -> None:
    with unit_of_work():
        act(db.session.get_one(Buyback, offer.id), clock.now())
    runner.run_until_idle()
