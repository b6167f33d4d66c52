"""Who lives in the demo world: members with their homes, guests who only buy, and the house's staff."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from marketplace.database import db
from marketplace.people import accounts, demo_sign_ins
from marketplace.people.models import Person, Role
from marketplace.programme import versions
from marketplace.shipping.postal import PostalAddress

MAILBOXES = ("example.com", "example.net", "example.org")  # reserved: no mail ever reaches anybody there


@dataclass(frozen=True)
class Character:
    """Somebody with a name and a home. ``loyalty_number`` is empty for a guest."""

    name: str
    line1: str
    city: str
    region: str
    postcode: str
    email: str
    loyalty_number: str = ""

    country: str = "US"

    @property
    def address(self) -> PostalAddress:
        return PostalAddress(self.name, self.line1, self.city, self.region, self.postcode, self.country)

    @property
    def person(self) -> Person:
        """The account in the present unit of work; only members have one."""
        person = accounts.account_of(self.email)
        if person is None:
            raise LookupError(f"{self.name} has not joined yet")
        return person

    @property
    def is_member(self) -> bool:
        return bool(self.loyalty_number)


_MEMBERS = (
    ("Amara Okafor", "214 Juniper Street", "Brooklyn", "NY", "11201"),
    ("Elena Marchetti", "58 Beacon Hill Road", "Boston", "MA", "02108"),
    ("Grace Nakamura", "1702 Laurel Avenue", "Portland", "OR", "97214"),
    ("Beatriz Almeida", "903 Coral Way", "Miami", "FL", "33145"),
    ("Hannah Whitfield", "27 Orchard Lane", "Madison", "WI", "53703"),
    ("Priya Raman", "4410 Meadow Creek Drive", "Austin", "TX", "78745"),
    ("Sofia Lindgren", "615 Lake Street", "Minneapolis", "MN", "55408"),
    ("Naomi Adler", "88 Walnut Street", "Philadelphia", "PA", "19106"),
    ("Camille Duret", "341 Royal Street", "New Orleans", "LA", "70130"),
    ("Zainab Hussain", "1209 Maple Grove Road", "Dearborn", "MI", "48126"),
    ("Lucia Herrera", "77 Alameda Court", "Santa Fe", "NM", "87501"),
    ("Margaret O'Connell", "19 Harbor View Terrace", "Portland", "ME", "04101"),
    ("Yuki Tanabe", "2850 Pine Street", "San Francisco", "CA", "94115"),
    ("Chloe Beaumont", "506 Peachtree Place", "Atlanta", "GA", "30308"),
    ("Ines Carvalho", "133 Wickenden Street", "Providence", "RI", "02903"),
    ("Tamar Gelashvili", "7 Elm Park Road", "Worcester", "MA", "01609"),
    ("Olivia Brandt", "4021 Hawthorne Avenue", "St. Louis", "MO", "63110"),
    ("Rosa Delgado", "1518 Mission Boulevard", "San Diego", "CA", "92109"),
    ("Adaeze Nwosu", "260 Calvert Street", "Baltimore", "MD", "21202"),
    ("Freya Johansson", "912 Queen Anne Avenue N", "Seattle", "WA", "98109"),
    ("Mina Park", "145 Grand Avenue", "Palisades Park", "NJ", "07650"),
    ("Judith Fairbanks", "31 Church Street", "Burlington", "VT", "05401"),
    ("Leila Haddad", "2207 Fairmount Boulevard", "Cleveland Heights", "OH", "44106"),
    ("Anjali Mehta", "640 Prospect Avenue", "Princeton", "NJ", "08540"),
    ("Carmen Vidal", "1804 Saguaro Drive", "Tucson", "AZ", "85719"),
    ("Erin Gallagher", "52 Dogwood Circle", "Charlotte", "NC", "28207"),
    ("Dana Kowalski", "3316 Logan Boulevard", "Chicago", "IL", "60647"),
    ("Nadia Petrova", "905 Cherry Creek Lane", "Denver", "CO", "80206"),
    ("Keiko Hayashi", "1433 Kapiolani Boulevard", "Honolulu", "HI", "96814"),
    ("Thandiwe Moyo", "66 Music Row", "Nashville", "TN", "37203"),
    ("Abigail Stone", "240 River Road", "Boise", "ID", "83702"),
    ("Valentina Rossi", "1127 Rittenhouse Place", "Ardmore", "PA", "19003"),
    ("Miriam Cohen", "15 Maple Avenue", "White Plains", "NY", "10601"),
    ("Aisha Coleman", "739 Woodward Street", "Detroit", "MI", "48201"),
    ("Clara Jensen", "2016 Dodge Street", "Omaha", "NE", "68102"),
    ("Paula Reyes", "508 Riverwalk Drive", "San Antonio", "TX", "78205"),
    ("Harper Ellison", "84 Meeting Street", "Charleston", "SC", "29401"),
    ("Mei Chen", "3901 Summit View Road", "Salt Lake City", "UT", "84108"),
    ("Ruth Andersen", "12 Prairie Rose Lane", "Fargo", "ND", "58102"),
)

_GUESTS = (
    ("Caroline Mayhew", "1450 Ocean Parkway", "Virginia Beach", "VA", "23451"),
    ("Theo Lambert", "29 Cobblestone Way", "Savannah", "GA", "31401"),
    ("Isabel Moreno", "610 Desert Willow Road", "Phoenix", "AZ", "85016"),
    ("Ursula Kessler", "1722 Oak Terrace", "Milwaukee", "WI", "53211"),
    ("Bridget Doyle", "38 Chestnut Hill Road", "Stamford", "CT", "06902"),
    ("Joy Adeyemi", "2411 Heights Boulevard", "Houston", "TX", "77008"),
    ("Lydia Novak", "517 Shaker Lane", "Columbus", "OH", "43215"),
    ("Fiona McLeod", "9 Lighthouse Road", "Newport", "RI", "02840"),
    ("Marisol Vega", "3320 Sunset Plaza", "Los Angeles", "CA", "90026"),
    ("Greta Lindholm", "704 Summit Avenue", "St. Paul", "MN", "55105"),
    ("Helen Yoon", "156 Bleecker Street", "New York", "NY", "10012"),
    ("Astrid Moen", "82 Birch Hollow Drive", "Anchorage", "AK", "99501"),
)

# Who lives in the markets whose addresses name no region.
_ABROAD = (
    ("Imogen Hartley", "22 Camden Passage", "London", "GB", "N1 8EE"),
    ("Rhiannon Pryce", "7 Cathedral Road", "Cardiff", "GB", "CF11 9LJ"),
    ("Ailsa Drummond", "31 Candlemaker Row", "Edinburgh", "GB", "EH1 2QG"),
    ("Capucine Morel", "18 rue des Martyrs", "Paris", "FR", "75009"),
    ("Solène Garnier", "4 place du Change", "Lyon", "FR", "69005"),
    ("Maëlle Rousseau", "27 quai des Chartrons", "Bordeaux", "FR", "33000"),
    ("Nandi Khumalo", "12 Kloof Street", "Cape Town", "ZA", "8001"),
    ("Annelie Vosloo", "45 Fourth Avenue", "Johannesburg", "ZA", "2193"),
    ("Lindiwe Dlamini", "9 Florida Road", "Durban", "ZA", "4001"),
)

STAFF = (
    ("Nora Whitlock", Role.REVIEWER),
    ("Daniel Reyes", Role.AGENT),
    ("Marta Quince", Role.AGENT),
    ("Wendell Price", Role.WAREHOUSE),
    ("Judith Amsel", Role.MANAGER),
    ("Tobias Renner", Role.MANAGER),
)


def _email(name: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return f"{'.'.join(plain.split())}@{MAILBOXES[number % len(MAILBOXES)]}"


MEMBERS = tuple(
    Character(*row, email=_email(row[0], number), loyalty_number=f"VC{4_100_000 + 137 * number}")
    for number, row in enumerate(_MEMBERS)
)
GUESTS = tuple(Character(*row, email=_email(row[0], number)) for number, row in enumerate(_GUESTS))

ABROAD = tuple(
    Character(*row, email=_email(row[0], number), country=row[3], loyalty_number=f"VA{5_200_000 + 71 * number}")
    for number, row in enumerate(_ABROAD)
)

# The first members are those whose sign-ins are shown: they sell and buy. The last ones only buy.
STARS, SELLERS, BUYERS = MEMBERS[:3], MEMBERS[:27], MEMBERS[27:]
UNREACHABLE = Character(
    "Margot Sandoval", "1320 Lantern Hill Road", "Asheville", "NC", "28801", "margot.sandoval@bounce.test", "VC4109998"
)  # the sandbox's post room refuses her mail


def hire(at: datetime) -> None:
    """Give every member of staff an account and a role."""
    for name, role in STAFF:
        demo_sign_ins.open_account(email=_staff_email(name), name=name, at=at, roles=[role])


def members_in(country: str) -> list[Character]:
    """Who has an account in a market other than the members' own; they consign, and buy."""
    return [character for character in ABROAD if character.country == country and character.is_member]


def join_in(country: str, at: datetime) -> None:
    """Give them an account each."""
    for member in members_in(country):
        demo_sign_ins.open_account(email=member.email, name=member.name, at=at)


def shoppers_in(country: str) -> list[Character]:
    """The same as guests, who buy without signing in."""
    return [replace(character, loyalty_number="") for character in members_in(country)]


def _staff_email(name: str) -> str:
    """An address of the house's own: the first name, at its customer service's domain."""
    domain = versions.current().policy.identity.support.email.partition("@")[2]
    return f"{name.split()[0].lower()}@{domain}"


def join(at: datetime) -> None:
    """Give every member an account; the loyalty account comes with the purchase file."""
    for member in (*MEMBERS, UNREACHABLE):
        demo_sign_ins.open_account(email=member.email, name=member.name, at=at)


def staff(role: Role) -> Person:
    """The member of staff with this role, in the present unit of work."""
    return _at_work(role, 0)


def colleague() -> Person:
    """The other agent."""
    return _at_work(Role.AGENT, 1)


def _at_work(role: Role, place: int) -> Person:
    name = [name for name, given in STAFF if given is role][place]
    person = accounts.account_of(_staff_email(name))
    if person is None:
        raise LookupError(f"nobody works as {role.value} yet")
    db.session.refresh(person)
    return person
