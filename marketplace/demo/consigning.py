"""What people of the demo world let the house sell for them: a parcel of theirs in every state of its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import cycle

import sqlalchemy as sa

from marketplace import clock
from marketplace.channels import sandbox, sandbox_pages
from marketplace.channels import selling as channel_sales
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import SaleReport
from marketplace.consignments import arriving, describing, examining, proposing, requesting, selling
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import Choice
from marketplace.custody.arranging import Arrangement
from marketplace.custody.taking import Wish
from marketplace.database import db, unit_of_work
from marketplace.demo import buying, handing_over, words
from marketplace.demo.cast import Character, members_in, staff
from marketplace.demo.library import HOUSE, PER_DOLLAR, library
from marketplace.demo.pictures.shots import Take
from marketplace.demo.pieces import Piece
from marketplace.demo.sales import Sale
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.jobs import runner
from marketplace.listings import drafting, photos
from marketplace.listings.suggestion import suggestion_for
from marketplace.money import Money
from marketplace.people.models import Person, Role
from marketplace.programme.policy import Policy
from marketplace.shipping import parcels

WHOLE_PRICES = 500  # minor units


@dataclass
class Lot:
    """One consignment of the story: whose, which pieces, asked for how many days ago."""

    owner: Character
    takes: list[Take]
    days_ago: int
    id: int = 0
    comes: Arrangement | None = None  # a parcel that she hands in, where nothing else is said

    @property
    def pieces(self) -> list[int]:
        """The ids of its pieces, in their order."""
        with unit_of_work(reading=True):
            return [piece.id for piece in db.session.get_one(Consignment, self.id).pieces]


def tell_all(stage: Stage, policy: Policy) -> None:
    """Let every lot's story begin, where somebody lives in this market who could send one."""
    owners = cycle(members_in(policy.market.country))
    shuffled = sorted(library())
    stage.chance.shuffle(shuffled)
    keys = cycle(shuffled)
    for story, days_ago in (
        (sold_and_paid, 52),
        *([(sold_elsewhere, 48)] if policy.channels.is_on else []),
        (in_the_shop, 34),
        (to_be_answered, 14),
        (arrived, 5),
        (sent, 2),
        (asked, 1),
        *([(fetched, 10), (to_be_fetched, 1)] if policy.inbound.slots else []),
        *([(brought, 8), (to_be_brought, 2)] if policy.inbound.stores else []),
    ):
        takes = [Take(next(keys), 0, by_house=True) for _ in range(max(3, policy.modes.consignment.min_pieces))]
        for take in takes:
            stage.deal_piece(Piece(take, None, "excellent", (), "", (), 100), days_ago)
        stage.timeline.tell(story(stage, Lot(next(owners), takes, days_ago), policy))


# Stories -------------------------------------------------------------------------------------------------------------


def asked(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """The label is in the owner's mail."""
    yield stage.some_time(lot.days_ago, 10)
    _ask(stage, lot, policy)


def sent(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Scanned by the carrier."""
    yield from asked(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 1, 11)
    _carry(lot, "scan")


def to_be_fetched(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """A driver comes for them on the next business day."""
    lot.comes = handing_over.collected(policy, lot.owner.address, after=stage.timeline.day(0))
    yield from asked(stage, lot, policy)


def fetched(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """A driver came for them on the day that their owner chose; they are on their way."""
    lot.comes = handing_over.collected(policy, lot.owner.address, after=stage.timeline.day(lot.days_ago))
    yield from asked(stage, lot, policy)
    yield _on(stage, lot.comes.collect_on, 15)
    _carry(lot, "scan")
    yield stage.some_time(1, 20)
    _carry(lot, "move")


def to_be_brought(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Somebody comes to the store with them one of these days."""
    lot.comes = handing_over.to_a_store(policy.inbound.stores[0])
    yield from asked(stage, lot, policy)


def brought(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Handed over at the store and ticked there; by now they lie where they are examined."""
    store = policy.inbound.stores[-1]
    lot.comes = handing_over.to_a_store(store)
    yield from asked(stage, lot, policy)
    yield _on(stage, handing_over.open_day(store, after=stage.timeline.day(lot.days_ago)), 14)
    _receive(lot, "Back room")
    yield stage.some_time(2, 11)
    _each(lot.pieces, lambda piece, at: arriving.store(piece, place="Shelf 4", by=staff(Role.WAREHOUSE), at=at))


def arrived(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Ticked at the desk; one of them lies before an expert."""
    yield from sent(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 3, 11)
    _carry(lot, "deliver")
    yield stage.some_time(lot.days_ago - 3, 14)
    _receive(lot, "Shelf 4")
    _each(lot.pieces[:1], lambda piece, at: examining.examine(piece, by=staff(Role.WAREHOUSE), at=at))


def to_be_answered(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Two proposals, and a piece that is not taken."""
    yield from arrived(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 8, 11)
    _examine(stage, lot, lot.pieces[1:])
    _each(lot.pieces[:1], lambda piece, at: examining.decline(piece, "altered", by=staff(Role.REVIEWER), at=at))


def in_the_shop(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """Agreed and for sale; one was wanted back, and one was bought by another owner, with what credit she has."""
    yield from arrived(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 8, 11)
    _examine(stage, lot, lot.pieces)
    yield stage.some_time(lot.days_ago - 10, 20)
    _each(lot.pieces, lambda piece, at: proposing.accept(piece, smart=True, by=piece.consignment.owner, at=at))
    yield stage.some_time(5, 20)
    _each(lot.pieces[:1], lambda piece, at: selling.take_back(piece, by=piece.consignment.owner, at=at))
    yield from _bought(stage, lot, 2, 4)


def sold_and_paid(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """For sale; two were bought, of which one is paid out, and one was given away."""
    yield from arrived(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 8, 11)
    _examine(stage, lot, lot.pieces[1:])
    charity = next((one.key for one in policy.modes.consignment.charities), None)
    _each(lot.pieces[:1], lambda piece, at: _give_away(piece, charity, at))
    yield stage.some_time(lot.days_ago - 9, 20)
    _each(lot.pieces[1:], lambda piece, at: proposing.accept(piece, by=piece.consignment.owner, at=at))
    yield stage.some_time(lot.days_ago - 12, 15)
    _each(lot.pieces[:1], lambda piece, at: examining.hand_on(piece, place="Van", by=staff(Role.WAREHOUSE), at=at))
    for number, days_ago in enumerate((lot.days_ago - 16, 4)):
        yield from _bought(stage, lot, number + 1, days_ago)


def sold_elsewhere(stage: Stage, lot: Lot, policy: Policy) -> Story:
    """One piece sold on an outside marketplace and settled, one to be sent; of a third two heard at once."""
    yield from arrived(stage, lot, policy)
    yield stage.some_time(lot.days_ago - 8, 11)
    _examine(stage, lot, lot.pieces)
    yield stage.some_time(lot.days_ago - 9, 20)
    _each(lot.pieces, lambda piece, at: proposing.accept(piece, by=piece.consignment.owner, at=at))
    outlets = [one.key for one in policy.channels.outlets]
    yield stage.some_time(30, 18)
    first = _sold_there(outlets[0], lot.pieces[0])
    yield stage.some_time(29, 10)
    _each_sale(first, lambda sale, at: channel_sales.send(sale, by=staff(Role.WAREHOUSE), at=at))
    yield stage.some_time(9, 12)
    _tell(sandbox.complete(outlets[0], first.ref))
    yield stage.some_time(2, 17)
    _sold_there(outlets[1 % len(outlets)], lot.pieces[1])
    _sold_there(outlets[2 % len(outlets)], lot.pieces[1])


def _sold_there(outlet: str, piece_id: int) -> SaleReport:
    with unit_of_work(reading=True):
        listing = db.session.get_one(ConsignedPiece, piece_id).listing
        if listing is None or listing.price is None:
            raise LookupError(f"piece {piece_id} is not for sale")
        number, price = listing.number, listing.price
    report = sandbox.sell(outlet, number, price)
    _tell(report)
    return report


def _tell(report: SaleReport) -> None:
    """As the marketplace's webhook does."""
    sandbox_pages.deliver(sandbox.notice_of(report))
    runner.run_until_idle()


def _each_sale(report: SaleReport, act: Callable[[ChannelSale, datetime], None]) -> None:
    with unit_of_work():
        act(db.session.scalars(sa.select(ChannelSale).where(ChannelSale.ref == report.ref)).one(), clock.now())


def _give_away(piece: ConsignedPiece, charity: str | None, at: datetime) -> None:
    examining.decline(piece, "altered", by=staff(Role.REVIEWER), at=at)
    examining.choose(piece, Choice.DONATE, charity=charity, by=piece.consignment.owner, at=at)


def _bought(stage: Stage, lot: Lot, at: int, days_ago: int) -> Story:
    yield stage.some_time(days_ago, 19)
    others = [one for one in members_in(lot.owner.country) if one is not lot.owner]
    sale = Sale(others[at % len(others)], [_sellable(lot.pieces[at])], buying.VISA, days_ago, at)
    sale.orders = buying.buy(sale.buyer, sale.pieces, sale.card)
    for step, day in (("scan", days_ago - 1), ("deliver", days_ago - 3)):
        yield stage.some_time(day, 11)
        buying.carry(sale.order, step)
    if days_ago > 6:
        yield stage.some_time(days_ago - 4, 19)
        buying.confirm(sale.order, *words.RATINGS[at])


def _sellable(piece_id: int) -> Piece:
    """A consigned piece as the buyers of the story know one."""
    found = Piece(Take("", 0), None, "excellent", (), "", (), 100)
    with unit_of_work(reading=True):
        found.listing_id = db.session.get_one(ConsignedPiece, piece_id).listing_id or 0
    return found


# Acts ----------------------------------------------------------------------------------------------------------------


def _ask(stage: Stage, lot: Lot, policy: Policy) -> None:
    currency = policy.market.currency
    house = next(iter(policy.modes.consignment.houses), HOUSE)
    wishes = [
        Wish(
            house=house,
            category=style.category.replace(" ", "-"),
            title=style.title,
            colour=style.colour,
            grade=policy.condition.accepted_grades[1].key,
            retail=Money(style.list_price_minor * PER_DOLLAR.get(currency, 1), currency),
        )
        for style in (library()[take.key] for take in lot.takes)
    ]
    with unit_of_work():
        by, at = lot.owner.person, clock.now()
        described = [describing.add(wish, by=by, at=at) for wish in wishes]
        for piece, take in zip(described, lot.takes, strict=True):
            if piece.listing is not None:
                photos.keep(piece.listing, "front", stage.album.photo(take, "front"), by=by, at=at)
        lot.id = described[0].consignment_id
        requesting.request(described[0].consignment, lot.comes or Arrangement(lot.owner.address), by=by, at=at)
    runner.run_until_idle()


def _carry(lot: Lot, step: str) -> None:
    with unit_of_work():
        parcel = parcels.inbound_parcel(db.session.get_one(Consignment, lot.id).number)
        number = parcel.tracking_number if parcel else None
    if number is None:
        raise LookupError(f"consignment {lot.id} has no label yet")
    buying.carry_parcel(number, step)


def _on(stage: Stage, day: date | None, hour: int) -> datetime:
    """Some time on that day; what has no day, on the last there is."""
    return stage.some_time((stage.timeline.day(0) - day).days if day else 1, hour)


def _receive(lot: Lot, place: str) -> None:
    _each(lot.pieces, lambda piece, at: arriving.receive(piece, place=place, by=staff(Role.WAREHOUSE), at=at))


def _examine(stage: Stage, lot: Lot, piece_ids: list[int]) -> None:
    """Photograph, grade, price, find genuine, and put the price to the owner."""

    def whole(piece: ConsignedPiece, at: datetime) -> None:
        by, expert = staff(Role.WAREHOUSE), staff(Role.REVIEWER)
        if piece.machine.allows(piece.state, "examine"):
            examining.examine(piece, by=by, at=at)
        _describe(stage, piece, lot.takes[piece.position - 1], by, at)
        examining.find_genuine(piece, by=expert, at=at)
        proposing.propose(piece, by=expert, at=at)

    _each(piece_ids, whole)


def _describe(stage: Stage, piece: ConsignedPiece, take: Take, by: Person, at: datetime) -> None:
    listing = piece.listing
    if listing is None:
        raise LookupError(f"piece {piece.number} has no listing")
    drafting.save_condition(listing, grade=piece.grade, words=stage.chance.choice(words.CONSIGNED), by=by, at=at)
    for view in ("front", "back", "inside"):
        photos.keep(listing, view, stage.album.photo(take, view), by=by, at=at)
    suggested = suggestion_for(listing, at=at)
    minor = suggested.price.minor if suggested else piece.retail_minor // 2
    price = Money(max(round(minor / WHOLE_PRICES), 1) * WHOLE_PRICES, piece.currency)
    drafting.save_price(listing, price=price, by=by, at=at)


def _each(piece_ids: list[int], act: Callable[[ConsignedPiece, datetime], None]) -> None:
    for piece_id in piece_ids:
        with unit_of_work():
            act(db.session.get_one(ConsignedPiece, piece_id), clock.now())
