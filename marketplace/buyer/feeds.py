"""Product feeds: what can be bought now, for merchant centres and for the marketplaces that offer it too.

A feed for outside marketplaces holds the brand's own listings, each once, and is never kept: what is sold, held or
withdrawn stands in it no more (NAP-15, BAL-05).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.buyer.structured import absolute, item_condition
from marketplace.channels import connecting
from marketplace.listings import published
from marketplace.listings.finding import public_path
from marketplace.listings.showing import detail, photo_url
from marketplace.money import Money
from marketplace.permissions import machine, public
from marketplace.programme import Policy, versions

bp = Blueprint("feeds", __name__)

HOURLY = "public, max-age=3600"
NEVER_KEPT = "private, no-cache"  # asked for anew each time; unchanged, it is answered with 304
JSON_FEED = "https://jsonfeed.org/version/1.1"


@bp.get("/feeds/merchant-<int:part>.xml")
@public
def merchant(part: int) -> Response:
    """One part of what can be bought now, as merchant centres read it; further parts are linked as ``next``."""
    answer = _merchant(published.for_sale(part), "feeds.merchant", part)
    answer.headers["Cache-Control"] = HOURLY
    return answer


@bp.get("/feeds/channels/<token>/pieces-<int:part>.xml")
@machine
def channels_xml(token: str, part: int) -> ResponseReturnValue:
    """One part of the brand's own listings, in the same words. 404 for a wrong token, or while nothing is open."""
    connecting.check_feed(token)
    return _never_kept(_merchant(published.for_sale(part, brands=True), "feeds.channels_xml", part, token=token))


@bp.get("/feeds/channels/<token>/pieces-<int:part>.json")
@machine
def channels_json(token: str, part: int) -> ResponseReturnValue:
    """The same as a JSON Feed, with what an offer needs under ``_offer``."""
    connecting.check_feed(token)
    policy, further = versions.current().policy, _further("feeds.channels_json", part, token=token)
    feed = {
        "version": JSON_FEED,
        "title": policy.identity.title,
        "home_page_url": absolute("/"),
        "feed_url": absolute(url_for("feeds.channels_json", part=part, token=token)),
        "language": policy.market.locale.replace("_", "-"),
        "items": [_item(_offer(row, policy)) for row in published.for_sale(part, brands=True)],
        "_outlets": [{"key": one.key, "name": one.name} for one in policy.channels.outlets],
        **({"next_url": further} if further else {}),
    }
    answer = jsonify(feed)
    answer.mimetype = "application/feed+json"
    return _never_kept(answer)


def _merchant(rows: Sequence[Any], view: str, part: int, **where: Any) -> Response:
    policy = versions.current().policy
    body = render_template(
        "crawlers/merchant.xml",
        policy=policy,
        shop=absolute("/"),
        here=absolute(url_for(view, part=part, **where)),
        further=_further(view, part, **where),
        offers=[_offer(row, policy) for row in rows],
    )
    return Response(body, mimetype="application/xml")


def _further(view: str, part: int, **where: Any) -> str | None:
    """The address of the part after this one, where there is one."""
    later = [number for number, _at in published.parts(at=clock.now()) if number > part]
    return absolute(url_for(view, part=later[0], **where)) if later else None


def _never_kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = NEVER_KEPT
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _offer(row: Any, policy: Policy) -> dict[str, Any]:
    price = Money(row.price_minor + policy.shipping.amount_minor, row.currency)
    grade = policy.condition.grade(row.grade)
    name = ", ".join(filter(None, (row.title, detail(row).lower())))
    return {
        "row": row,
        "title": name,
        "description": row.words or f"{name}. {grade.label}: {grade.definition}",
        "link": absolute(public_path(row)),
        "image": absolute(photo_url(row.key, max(int(width) for width in row.widths))) if row.key else None,
        "price": f"{price.plain} {price.currency}",
        "kind": " > ".join(policy.eligibility.way_to(row.category)),
        "condition": "new" if item_condition(row.grade, policy) == "NewCondition" else "used",
    }


def _item(offer: dict[str, Any]) -> dict[str, Any]:
    """An item of the JSON Feed. ``price_minor`` is the piece alone: what it may not be sold below."""
    row = offer["row"]
    return {
        "id": row.number,
        "url": offer["link"],
        "title": offer["title"],
        "content_text": offer["description"],
        **({"image": offer["image"]} if offer["image"] else {}),
        "_offer": {
            "availability": "in_stock",
            "quantity": 1,
            "price": offer["price"],
            "price_minor": row.price_minor,
            "currency": row.currency,
            "condition": offer["condition"],
            "brand": row.house,
            "category": row.category,
            "colour": row.colour,
            "material": row.material,
            "mpn": row.style_number,
        },
    }
