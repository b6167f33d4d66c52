"""What machines that read the whole shop are given: robots.txt and site maps. Product feeds are ``feeds``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for

from marketplace import clock
from marketplace.buyer import help_topics
from marketplace.buyer.structured import absolute
from marketplace.errors import NotFound
from marketplace.listings import published
from marketplace.listings.finding import public_path
from marketplace.permissions import public
from marketplace.programme import Policy, versions

bp = Blueprint("crawlers", __name__)

HOURLY = "public, max-age=3600"
CLOSED = (
    *("/account", "/bag", "/checkout", "/orders", "/disputes", "/desk", "/sell/", "/search", "/sandbox", "/api/"),
    "/feeds/channels/",
)


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
