"""Where the programme trades, what the house sells there itself, and the tax on it."""

from __future__ import annotations

from datetime import UTC, datetime

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.listings import eligibility, supply
from marketplace.listings.submitting import submit
from marketplace.mail.models import SandboxMail
from marketplace.orders import checkouts
from marketplace.programme import versions
from marketplace.shipping.addresses import RegionNotServed, check_ship_to
from tests.accounts import an_account
from tests.programme import world
from tests.programme.policies import preloved
from tests.programme.rows import Behaviour, Row, Scene, refusing, words

TERMS = "/terms"
TAX = "/help/prices"
WEDNESDAY = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # Thanksgiving is the day after
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
ALL_STATES = list(preloved().market.ship_to_regions)
AT_HOME = {"region": "LA", "starts_on": "2024-01-01", "basis_points": 500}
ONTARIO = {
    "market.ship_to_regions": ["ON"],
    "market.ship_from_regions": ["ON"],
    "market.warehouse.region": "ON",
    "tax.rates": [{"region": "ON", "starts_on": "2024-01-01", "basis_points": 1300}, AT_HOME],
}
LOUISIANA_SINCE_2025 = "tax.rates[18]"


def does_not_ship_to_louisiana(scene: Scene) -> None:
    with refusing(RegionNotServed):
        check_ship_to(world.AWAY, world.policy().market)


def takes_no_sender_in_new_york(scene: Scene) -> None:
    listing = world.a_draft()
    with refusing(RegionNotServed):
        world.detailed(listing)
    assert listing.ships_from is None


def review_is_due(submitted_at: datetime, due_at: datetime) -> Behaviour:
    """A listing handed in at one moment is promised for another."""

    def due(scene: Scene) -> None:
        listing = world.a_complete_draft()
        with unit_of_work():
            submit(listing, by=listing.seller or an_account(), at=submitted_at)
        assert listing.review_due_at == due_at

    return due


def warehouse_label(part: str, value: str) -> Behaviour:
    """The label of the house's own piece carries this as its sender."""

    def carries(scene: Scene) -> None:
        order = world.an_order(world.a_supply_listing())
        world.capture(order)
        assert world.parcel_of(order).ship_from[part] == value

    return carries


def warehouse_gets_the_label(scene: Scene) -> None:
    world.paid(world.an_order(world.a_supply_listing()))
    letters = db.session.scalars(db.select(SandboxMail).where(SandboxMail.message == "label"))
    assert "shelves@velorne.example" in [letter.recipient for letter in letters]


def members_cannot_sell(scene: Scene) -> None:
    member = an_account()
    assert isinstance(eligibility.person_refusal(member, world.policy()), eligibility.SellingIsOff)
    assert scene.client.get("/help/who-can-sell").status_code == 404


def house_cannot_sell(scene: Scene) -> None:
    style = world.a_live_listing().item.style
    with refusing(supply.SupplyIsOff), unit_of_work():
        supply.start_supply(style, by=an_account(), at=clock.now())


def shelf_is_tagged(scene: Scene) -> None:
    world.a_supply_listing()
    assert "From our shelves" in scene.text("/shop")


def tax_in_louisiana(minor: int) -> Behaviour:
    """The tax on a piece of $100 and its shipping that goes to Baton Rouge."""

    def quoted(scene: Scene) -> None:
        (tax,) = world.taxes([world.a_live_listing(minor=10_000)], world.AWAY).taxes
        assert tax.minor == minor

    return quoted


def shipping_is_taxed_as(code: str) -> Behaviour:
    def asked(scene: Scene) -> None:
        (line,) = checkouts.tax_lines([world.a_live_listing()])
        assert line.shipping_code == code

    return asked


def currency_is(currency: str) -> Behaviour:
    def counts(scene: Scene) -> None:
        listing = world.a_draft(currency=currency)
        assert listing.currency == versions.current().policy.market.currency

    return counts


ROWS = [
    Row(
        "market.country",
        "CA",
        warehouse_label("country", "CA"),
        page="/help/who-can-buy",
        says="Anyone in Canada",
        also=ONTARIO,
    ),
    Row("market.currency", "CAD", currency_is("CAD"), page="/help/pricing", says="CA$8.95"),
    words("market.locale", "en_GB", "/help/pricing", says="US$8.95"),
    Row(
        "market.time_zone",
        "America/Los_Angeles",
        review_is_due(WEDNESDAY, datetime(2026, 12, 1, 7, 59, 59, tzinfo=UTC)),
        page=TERMS,
        says="Pacific Time",
    ),
    Row(
        "market.weekend",
        ["sunday"],
        review_is_due(FRIDAY, datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC)),
        page=TERMS,
        says="business days leave out Sunday and the public holidays",
    ),
    Row(
        "market.holidays.country",
        "CA",
        review_is_due(WEDNESDAY, datetime(2026, 11, 28, 4, 59, 59, tzinfo=UTC)),
        page=TERMS,
        says="the public holidays of Canada",
    ),
    Row(
        "market.holidays.subdivision",
        "CA",
        review_is_due(datetime(2027, 3, 30, 15, 0, tzinfo=UTC), datetime(2027, 4, 3, 3, 59, 59, tzinfo=UTC)),
        page=TERMS,
        says="the public holidays of California, the United States",
    ),
    Row(
        "market.holidays.also",
        ["2026-11-27"],
        review_is_due(WEDNESDAY, datetime(2026, 12, 2, 4, 59, 59, tzinfo=UTC)),
        page=TERMS,
        says="and Fri, Nov 27, 2026",
    ),
    Row(
        "market.ship_to_regions",
        [state for state in ALL_STATES if state != "LA"],
        does_not_ship_to_louisiana,
        page="/help/delivery",
        says="these 49 states",
    ),
    Row(
        "market.ship_from_regions",
        ["NJ", "CT"],
        takes_no_sender_in_new_york,
        page=TERMS,
        says="They are sent from these: Connecticut and New Jersey",
    ),
    Row(
        "market.warehouse.name",
        "Velorne Shelves",
        warehouse_label("name", "Velorne Shelves"),
        untold="on the label, for the carrier",
    ),
    Row(
        "market.warehouse.line1",
        "8 Depot Road",
        warehouse_label("line1", "8 Depot Road"),
        untold="on the label, for the carrier",
    ),
    Row(
        "market.warehouse.city",
        "Metuchen",
        warehouse_label("city", "Metuchen"),
        page=TERMS,
        says="They leave from Metuchen",
    ),
    Row("market.warehouse.region", "NY", warehouse_label("region", "NY"), page=TERMS, says="leave from Edison, NY"),
    Row(
        "market.warehouse.postcode",
        "08840",
        warehouse_label("postcode", "08840"),
        untold="on the label, for the carrier",
    ),
    Row(
        "market.warehouse.phone",
        "+1 732 555 0100",
        warehouse_label("phone", "+1 732 555 0100"),
        untold="for the carrier alone",
    ),
    Row(
        "market.warehouse_email",
        "shelves@velorne.example",
        warehouse_gets_the_label,
        untold="the house's own post; nobody else writes there",
    ),
    Row(
        "modes.peer_to_peer",
        False,
        members_cannot_sell,
        page="/help",
        says="Members cannot sell here at the moment.",
    ),
    Row(
        "modes.supply.is_on",
        False,
        house_cannot_sell,
        page="/help/who-can-buy",
        says="The house itself sells nothing here.",
    ),
    Row("modes.supply.tag", "From our shelves", shelf_is_tagged, page="/how-it-works", says="From our shelves"),
    Row(
        "tax.shipping_taxable",
        False,
        tax_in_louisiana(500),
        page=TAX,
        says="on the price without shipping",
    ),
    Row(
        "tax.shipping_code",
        "txcd_92010000",
        shipping_is_taxed_as("txcd_92010000"),
        untold="for the tax service; the buyer sees the tax itself",
    ),
    Row(
        f"{LOUISIANA_SINCE_2025}.region",
        "CA",
        tax_in_louisiana(485),
        page=TAX,
        says="<dt>Louisiana</dt><dd>4.45%</dd>",
    ),
    Row(
        f"{LOUISIANA_SINCE_2025}.starts_on",
        "2099-01-01",
        tax_in_louisiana(485),
        page=TAX,
        says="<dt>Louisiana</dt><dd>4.45%</dd>",
    ),
    Row(
        f"{LOUISIANA_SINCE_2025}.basis_points",
        900,
        tax_in_louisiana(981),
        page=TAX,
        says="<dt>Louisiana</dt><dd>9%</dd>",
    ),
]
