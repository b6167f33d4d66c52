"""A piece as search engines read it: its title, its description, and schema.org's words for what is offered.

The block is data, which a browser never runs; the content security policy lets it be.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.presentation import cut, price
from marketplace.programme.policy import Policy
from marketplace.programme.wording import in_sentence

LONGEST_TITLE = 60  # characters, with the programme's name at its end
LONGEST_DESCRIPTION = 155
SCHEMA = "https://schema.org"

_AVAILABILITY = {ListingState.LIVE: "InStock", ListingState.HELD: "OutOfStock", ListingState.SOLD: "SoldOut"}


def absolute(path: str) -> str:
    """An address of ours as others need it."""
    return f"{current_app.config['SETTINGS'].public_url}{path}"


def page_title(listing: dict[str, Any], piece: Any, policy: Policy) -> str:
    """What the piece is, its colour and material as far as they fit, and its number: no two pieces have the same."""
    number = f" · {listing['number']}"
    room = LONGEST_TITLE - len(f"{number} · {policy.identity.title}")
    title = str(listing["title"])
    said = (f"{title}, {more}" for more in (listing["detail"].lower(), piece.colour) if more)
    return next((words for words in said if len(words) <= room), cut(title, room)) + number


def description(listing: dict[str, Any]) -> str:
    """The piece in a sentence or two."""
    words = _(
        "%(title)s, %(detail)s: %(grade)s, %(price)s. One piece only (%(number)s), reviewed before it was listed.",
        title=listing["title"],
        detail=listing["detail"].lower(),
        grade=in_sentence(listing["grade"]["label"]),
        price=price(listing["price"]),
        number=listing["number"],
    )
    return cut(words, LONGEST_DESCRIPTION)


def structured(page: dict[str, Any], piece: Any, trail: list[tuple[str, str]], policy: Policy) -> dict[str, Any]:
    """Product with its one offer, and the way to it. ``page`` is what ``item_pages.item_page`` made."""
    return {"@context": SCHEMA, "@graph": [_product(page, piece, policy), _breadcrumbs(page, trail)]}


def _product(page: dict[str, Any], piece: Any, policy: Policy) -> dict[str, Any]:
    listing = page["listing"]
    return {
        "@type": "Product",
        "@id": f"{page['canonical']}#product",
        "name": f"{listing['title']}, {listing['detail'].lower()}",
        "description": piece.words or page["description"],
        "image": [absolute(photo["large"]) for photo in page["photos"]],
        "sku": piece.number,
        "mpn": piece.style_number,
        "brand": {"@type": "Brand", "name": piece.house},
        "category": " > ".join(policy.eligibility.way_to(piece.category)),
        "color": piece.colour,
        **({"material": piece.material} if piece.material else {}),
        "offers": _offer(page, piece, policy),
    }


def item_condition(grade: str | None, policy: Policy) -> str:
    """``NewCondition`` for the grade that is priced as new whatever its age (MK-51); all others are used."""
    found = next((step for step in policy.condition.grades if step.key == grade), None)
    return "NewCondition" if found is not None and found.suggestion_is_fixed else "UsedCondition"


def _offer(page: dict[str, Any], piece: Any, policy: Policy) -> dict[str, Any]:
    amount: Money = page["listing"]["price"]
    return {
        "@type": "Offer",
        "url": page["canonical"],
        "price": amount.plain,
        "priceCurrency": amount.currency,
        "availability": f"{SCHEMA}/{_AVAILABILITY[piece.state]}",
        "itemCondition": f"{SCHEMA}/{item_condition(piece.grade, policy)}",
        "seller": {"@type": "Organization", "name": policy.identity.operator},
        "shippingDetails": _shipping(amount.currency, policy),
        "hasMerchantReturnPolicy": _returns(policy),
    }


def _shipping(currency: str, policy: Policy) -> dict[str, Any]:
    """Shipping is in the price already (GAP-02)."""
    shipping = policy.shipping
    destination = {
        "@type": "DefinedRegion",
        "addressCountry": policy.market.country,
        "addressRegion": list(policy.market.ship_to_regions),
    }
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {"@type": "MonetaryAmount", "value": "0", "currency": currency},
        "shippingDestination": destination,
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": _days(0, policy.limits.ship_by_business_days),
            "transitTime": _days(shipping.usual_days_min, shipping.usual_days_max),
        },
    }


def _days(least: int, most: int) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def _returns(policy: Policy) -> dict[str, Any]:
    """Final sale; what a buyer can do where a piece is not as described stands behind the link."""
    return {
        "@type": "MerchantReturnPolicy",
        "applicableCountry": policy.market.country,
        "returnPolicyCategory": f"{SCHEMA}/MerchantReturnNotPermitted",
        "merchantReturnLink": absolute(url_for("guides.help_topic", slug="final-sale")),
    }


def _breadcrumbs(page: dict[str, Any], trail: list[tuple[str, str]]) -> dict[str, Any]:
    steps = [*((label, absolute(path)) for label, path in trail), (page["listing"]["title"], page["canonical"])]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": label, "item": address}
            for place, (label, address) in enumerate(steps, 1)
        ],
    }
