"""What every page and letter says about the programme it belongs to: the templates' ``site``.

Errors must be shown too when nothing else works, so a page without a policy or a database is a page without ``site``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import flask_login
from babel import Locale
from babel.numbers import get_currency_symbol
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import get_locale
from sqlalchemy.exc import SQLAlchemyError

from marketplace import clock
from marketplace.holes import BAG, are_left_open
from marketplace.programme import theme, versions
from marketplace.programme.faces import PAIRS
from marketplace.programme.language import Choice, choices
from marketplace.programme.policy import Policy
from marketplace.programme.policy.theme import Logo
from marketplace.programme.versions import NothingPublishedError, PublishedPolicy
from marketplace.programme.wording import opening
from marketplace.shipping.postal import PostalAddress


@dataclass(frozen=True)
class Department:
    """One link of the shop's navigation."""

    slug: str
    label: str


@dataclass(frozen=True)
class Site:
    """The programme as a page's frame shows it; ``bag_count`` and ``is_staff`` are the reader's own."""

    key: str
    name: str
    wordmark: str
    descriptor: str
    tagline: str
    lang: str
    dir: str
    categories: tuple[Department, ...]
    languages: tuple[Choice, ...]
    currency_sign: str  # before an amount that is typed
    tax_is_included: bool  # nothing is added at checkout
    has_sellers: bool  # members can sell in some way
    support_email: str
    support_hours: str
    theme_url: str | None
    bag_count: int | str
    is_staff: bool
    business_now: datetime | None
    text_face: str  # its file, loaded first
    logo: Logo | None


def init_app(app: Flask) -> None:
    """Give every template ``site``."""

    app.jinja_env.globals["canonical_address"] = canonical_address
    app.jinja_env.filters["postal"] = PostalAddress.of

    @app.context_processor
    def _site() -> dict[str, Any]:
        published = in_force()
        return {"site": present(published.policy) if published else {}}


def in_force() -> PublishedPolicy | None:
    """The policy in force; None where there is none to be had, so that even that error can be shown in words.

    A database that has not answered is not asked again for the same page: each time would take as long (fault W04).
    """
    if g.get("database_is_away"):
        return None
    try:
        return versions.current()
    except NothingPublishedError:
        return None
    except SQLAlchemyError:
        g.database_is_away = True
        return None


def canonical_address() -> str:
    """The one address of the page being shown: the shop's own origin, without a query."""
    return f"{current_app.config['SETTINGS'].public_url}{quote(request.path)}"


def present(policy: Policy) -> Site:
    """The frame of a page of this programme, for whoever reads it now."""
    identity, visiting = policy.identity, has_request_context()
    locale = get_locale() or Locale.parse(policy.market.locale)
    support = identity.resale_support
    visitor = flask_login.current_user if visiting else None
    return Site(
        key=identity.key,
        name=identity.title,
        wordmark=identity.house,
        descriptor=identity.descriptor,
        tagline=policy.texts.tagline,
        lang=str(locale).replace("_", "-"),
        dir=locale.text_direction,
        languages=tuple(choices(versions.current().written)),
        categories=tuple(Department(one.key, one.label) for one in policy.eligibility.accepted_categories),
        currency_sign=get_currency_symbol(policy.market.currency, locale=locale),
        tax_is_included=policy.tax.is_included,
        has_sellers=policy.modes.has_sellers,
        support_email=support.email,
        support_hours=opening(support.hours, policy.market.time_zone),
        theme_url=theme.address() if visiting else None,
        bag_count=BAG if are_left_open() else len(session.get("bag", ())) if visiting else 0,
        is_staff=bool(visitor and visitor.is_authenticated and visitor.person.is_staff),
        business_now=clock.now() if current_app.config["SANDBOX"] else None,
        text_face=PAIRS[policy.theme.display_face].text.file,
        logo=policy.theme.logo,
    )
