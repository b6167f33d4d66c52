"""What machines that read the whole shop are given: robots.txt, site maps, the merchant product feed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for

from marketplace import clock
from marketplace.buyer import help_topics
from marketplace.buyer.structured import absolute, item_condition
from marketplace.errors import NotFound
from marketplace.listings import published
from marketplace.listings.finding import public_path
from marketplace.listings.showing import detail, photo_url
from marketplace.money import Money
from marketplace.permissions import public
from marketplace.programme import Policy, versions

bp = Blueprint("crawlers", __name__)

HOURLY = "public, max-age=3600"
CLOSED = ("/account", "/bag", "/checkout", "/orders", "/disputes", "/desk", "/sell/", "/search", "/sandbox", "/api/")


def _xml(template: str, **facts: Any) -> Response:
    answer = Response(render_template(template, **facts), mimetype="application/xml")
    answer.headers["Cache-Control"] = HOURLY
    return answer


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """What is nobody's business but its reader's, and combinations of filters."""
    several_filters = ("/shop?*&", "/shop/*?*&")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in (*CLOSED, *several_filters))]
    lines += ["", f"Sitemap: {absolute(url_for('crawlers.site_map'))}", ""]
    answer = Response("\n".join(lines), mimetype="text/plain")
    answer.headers["Cache-Control"] = HOURLY
    return answer


@bp.get("/sitemap.xml")
@public
def site_map() -> Response:
    """The index: the fixed pages, and the pieces in parts."""
    maps = [(absolute(url_for("crawlers.pieces", part=part)), at) for part, at in published.parts(at=clock.now())]
    fixed = (absolute(url_for("crawlers.pages")), versions.current().published_at)
    return _xml("crawlers/sitemap_index.xml", maps=[fixed, *maps])


@bp.get("/sitemaps/pages.xml")
@public
def pages() -> Response:
    """What is there whatever is for sale."""
    at = versions.current().published_at
    return _xml("crawlers/sitemap.xml", pages=[(absolute(path), at) for path in _fixed(versions.current().policy)])


def _fixed(policy: Policy) -> list[str]:
    categories = [url_for("shop.category", name=one.key) for one in policy.eligibility.accepted_categories]
    guides = [url_for(f"guides.{name}") for name in ("condition", "how_it_works", "help_index", "terms")]
    topics = [url_for("guides.help_topic", slug=topic.slug) for topic in help_topics.answered(policy)]
    return ["/", url_for("shop.everything"), *categories, *guides, *topics, url_for("purchases.sell")]


@bp.get("/sitemaps/pieces-<int:part>.xml")
@public
def pieces(part: int) -> Response:
    """Every piece of one part that has a page."""
    found = published.pages(part, at=clock.now())
    if not found:
        raise NotFound()
    return _xml("crawlers/sitemap.xml", pages=[(absolute(public_path(row)), row.changed_at) for row in found])


@bp.get("/feeds/merchant-<int:part>.xml")
@public
def merchant_feed(part: int) -> Response:
    """One part of what can be bought now, as merchant centres read it; further parts are linked as ``next``."""
    policy, found = versions.current().policy, published.for_sale(part)
    later = [number for number, _at in published.parts(at=clock.now()) if number > part]
    return _xml(
        "crawlers/merchant.xml",
        policy=policy,
        shop=absolute("/"),
        here=absolute(url_for("crawlers.merchant_feed", part=part)),
        next=absolute(url_for("crawlers.merchant_feed", part=later[0])) if later else None,
        offers=[_offer(row, policy) for row in found],
    )


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
        "condition": "new" if item_condition(row.grade, policy) == "NewCondition" else "used",
    }
