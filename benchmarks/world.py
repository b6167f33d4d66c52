"""The shop that is measured: forty pieces as members hand them in, and copies of them (``demo.load``).

The demo world's own pieces would do as well, but take minutes to tell.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask

from marketplace import clock, create_app
from marketplace.catalogue.models import Style, StylePicture
from marketplace.catalogue.words import search_text
from marketplace.database import db, unit_of_work
from marketplace.demo import load
from marketplace.listings.models import Flaw, Item, Listing, ListingPhoto
from marketplace.listings.states import ListingState
from marketplace.migrating import upgrade
from marketplace.people.models import Address, LoyaltyAccount, Person
from marketplace.programme import Policy, versions
from marketplace.settings import Settings
from marketplace.starting import to_stay

KEY = "signs-nothing-but-what-is-measured-here"
PIECES = load.COPIED
MEMBERS = 12
WIDTHS = [320, 640, 960, 1600]
TITLES = ("Marlow tote", "Rowan satchel", "Imogen shoulder bag", "Odette camera bag", "Perrin clutch")
COLOURS = ("Cognac", "Black", "Navy", "Oxblood", "Sand", "Forest", "Blush", "Slate")
MATERIALS = ("pebbled leather", "smooth leather", "suede", "canvas")
WORDS = "Carried on weekends for two seasons and kept in its dust bag since. The lining is clean, the zip runs well."


def settings_for(url: str, *, port: int = 8000) -> Settings:
    """A shop with every sandbox adapter, whose jobs run when somebody runs them."""
    here = f"http://127.0.0.1:{port}"
    return Settings(
        sandbox=True,
        secret_key=KEY,
        database_url=url,
        public_url=here,
        jobs="none",
        rate_limits=False,
        photo_store_url=f"file://{Path('/nonexistent')}",
    )


def variables_for(url: str, *, port: int) -> dict[str, str]:
    """The same for another process."""
    settings = settings_for(url, port=port)
    return {
        "SANDBOX": "1",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "PUBLIC_URL": settings.public_url,
        "JOBS": settings.jobs,
        "RATE_LIMITS": "off",
        "PHOTO_STORE_URL": settings.photo_store_url,
    }


def shop_at(url: str, *, port: int = 8000) -> Flask:
    """The application on a database that stands already, begun as every process of it begins."""
    with to_stay():
        return create_app(settings_for(url, port=port))


def close(app: Flask) -> None:
    """Let go of every connection."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def build(url: str) -> None:
    """Migrate an empty database and put the pieces in."""
    app = create_app(replace(settings_for(url), public_url="http://127.0.0.1:8000"))
    with app.app_context():
        upgrade()
        with unit_of_work():
            versions.adopt("preloved", at=clock.now())
        with unit_of_work():
            policy = versions.current()
            members = [_member(number) for number in range(MEMBERS)]
            db.session.flush()
            for number in range(PIECES):
                _piece(number, members[number % MEMBERS], policy.id, policy.policy)
    close(app)


def fill(url: str, *, listings: int = 0, due_orders: int = 0) -> None:
    """Add copies: live listings, and orders whose window has closed."""
    app = shop_at(url)
    with app.app_context():
        load.add_listings(listings)
        load.add_due_orders(due_orders)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    close(app)


def _member(number: int) -> Person:
    at, email = clock.now(), f"member{number}@example.com"
    account = LoyaltyAccount(number=f"VC{number:08}", email=email, joined_at=at)
    person = Person(
        email=email,
        name=f"Ada Seller {number}",
        is_account=True,
        email_verified_at=at,
        joined_at=at,
        loyalty_account=account,
    )
    db.session.add(person)
    return person


def _piece(number: int, seller: Person, policy_version_id: int, policy: Policy) -> None:
    at = clock.now() - timedelta(hours=number)
    shown = {
        "title": TITLES[number % len(TITLES)],
        "house": "Velorne",
        "category": policy.eligibility.accepted_categories[number % 5].key,
        "colour": COLOURS[number % len(COLOURS)],
        "material": MATERIALS[number % len(MATERIALS)],
        "hardware": "gold-tone",
    }
    style = Style(number=f"VL-{number:05}", list_price_minor=39_800, currency="USD", **shown)
    style.measurements = {"width": 320, "height": 240, "depth": 110}
    style.pictures = [
        StylePicture(position=place, kind="front", **_picture("library", number, place)) for place in range(2)
    ]
    grades = policy.condition.accepted_grades
    listing = Listing(
        number=f"LZZZZ{number:04}",
        item=Item(style=style, owner=seller),
        seller=seller,
        policy_version_id=policy_version_id,
        state=ListingState.LIVE,
        started_at=at,
        live_at=at,
        reviewed_at=at,
        purchased_on=(at - timedelta(days=400)).date(),
        original_price_minor=39_800,
        currency="USD",
        price_minor=9_500 + 700 * number,
        approved_price_minor=9_500 + 700 * number,
        grade=grades[number % len(grades)].key,
        words=WORDS,
        search_text=search_text(style.number, *shown.values()),
        ships_from=_address(seller),
        **shown,
    )
    slots = [slot.key for slot in policy.photos.slots]
    listing.photos = [
        ListingPhoto(
            slot=slots[place % len(slots)],
            position=place,
            taken_at=at,
            perceptual_hash=number,
            mirrored_hash=number,
            **_picture("seller", number, place),
        )
        for place in range(4)
    ]
    part, kind = policy.condition.parts[0], policy.condition.flaw_kinds[0]
    severity = policy.condition.severities[0]
    listing.flaws = [
        Flaw(part=part.key, kind=kind.key, severity=severity.key, note="At the left corner.", photo=photo)
        for photo in listing.photos[-2:]
    ]
    db.session.add(listing)


def _picture(whose: str, number: int, place: int) -> dict[str, object]:
    return {"key": f"photos/{number:02}/{whose}-{place}", "width": 1600, "height": 2000, "widths": WIDTHS}


def _address(person: Person) -> Address:
    return Address(
        person_id=person.id,
        name=person.name,
        line1="77 Secret Garden Way",
        city="Portland",
        region="OR",
        postcode="97201",
        country="US",
    )
