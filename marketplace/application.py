"""The application: settings, extensions, blueprints, reactions, put together once."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, has_request_context, request, session
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import import_string
from whitenoise import WhiteNoise

from marketplace import (
    blueprints,
    commands,
    database,
    error_pages,
    holes,
    journal,
    limits,
    permissions,
    presentation,
    protection,
    seats,
    service_pages,
    site,
    wiring,
)
from marketplace.buyer import cards
from marketplace.catalogues import Languages
from marketplace.database import db
from marketplace.jobs import embedding
from marketplace.jobs.runner import EmbeddedRunner
from marketplace.listings.search import instead_of
from marketplace.people import signing_in
from marketplace.programme import language, wording
from marketplace.routing import LazyRule
from marketplace.seats import Seats
from marketplace.session_cookies import SessionCookies
from marketplace.settings import INSTANCE, Settings

CONNECT_SECONDS = 5  # until a PostgreSQL that does not answer counts as away
SILENT_SECONDS = 20  # until one that no longer takes what we send does

ROOT = Path(__file__).resolve().parent.parent

csrf = CSRFProtect()
babel = Languages()


class Shop(Flask):
    """A Flask application in which every request is one unit of work, and so many are worked on at once."""

    url_rule_class = LazyRule
    seats: Seats

    def full_dispatch_request(self) -> Response:
        """Answer the request; the seat it took is free again afterwards, whatever happened."""
        try:
            return super().full_dispatch_request()
        finally:
            self.seats.leave()

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view and commit what it wrote; a view that raises leaves nothing behind."""
        try:
            answer = self.make_response(super().dispatch_request())
            if database.is_reading():
                db.session.rollback()
            else:
                db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        return answer


def create_app(settings: Settings | None = None) -> Flask:
    """A ready application; raises ``UnsafeSettings`` where the environment asks for what is refused."""
    settings = settings or Settings.from_environment()
    settings.refuse_unsafe()
    app = Shop(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    _configure(app, settings)
    journal.init_app(app)
    protection.init_app(app, settings)  # before anything reads the request
    app.seats = seats.init_app(app)  # before anything asks the database
    db.init_app(app)
    csrf.init_app(app)
    holes.init_app(app)
    limits.limiter.init_app(app)
    babel.init_app(app, locale_selector=_locale, timezone_selector=_time_zone)
    with app.app_context():
        for engine in db.engines.values():
            database.listen_to_engine(engine)
    signing_in.init_app(app)
    permissions.init_app(app)
    presentation.register(app)
    wording.register(app)
    site.init_app(app)
    app.jinja_env.filters["once"] = cards.once
    error_pages.init_app(app, suggestions=lambda address: cards.cards(instead_of(address, 4)))
    service_pages.init_app(app)
    blueprints.register_all(app, settings, csrf)
    wiring.wire(app, settings)
    _begin_jobs(app, settings)
    commands.init_app(app)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=3600 if settings.is_production else 60,
        allow_all_origins=False,
        add_headers_function=lambda headers, _path, _url: protection.harden(headers, settings),
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    INSTANCE.mkdir(exist_ok=True)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SANDBOX=settings.sandbox,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=60 * 60 * 24 * 30,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,  # photo uploads ask for more, view by view
        MAX_FORM_MEMORY_SIZE=protection.MOST_TYPED,
        MAX_FORM_PARTS=protection.MOST_FIELDS,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # the Origin is checked for every scheme in protection
        BABEL_DEFAULT_LOCALE="en_US",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        **limits.configuration(settings.redis_url, counts=settings.rate_limits),
    )
    app.session_interface = SessionCookies()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _begin_jobs(app: Flask, settings: Settings) -> None:
    """Give the web process the thread that does what is due, or the one that tells the workers of it."""
    if settings.jobs == "embedded":
        embedding.init_app(app, lambda: EmbeddedRunner(app))
    elif settings.jobs == "celery":
        make_ringer = import_string("marketplace.jobs.ringing:make_ringer")  # 10 MB of Celery, only where it is used
        embedding.init_app(app, lambda: make_ringer(settings.redis_url))


def _engine_options(url: str) -> dict[str, object]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 15, "check_same_thread": False}}
    # A server that swallows what is sent is as good as away: pages must say so before their reader gives up (W04).
    patience = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": SILENT_SECONDS * 1000}
    return {"pool_size": 10, "max_overflow": 10, "connect_args": patience}


def _locale() -> str | None:
    """What the reader chose here, else what their browser asks for, else the market's own."""
    published = site.in_force()
    if published is None:
        return None
    policy = published.written
    if not policy.languages.offered or not has_request_context():
        return policy.market.locale
    asked = request.headers.get("Accept-Language", "")
    return language.read_by(policy.market.locale, tuple(policy.languages.offered), session.get(language.CHOSEN), asked)


def _time_zone() -> str | None:
    published = site.in_force()
    return published.written.market.time_zone if published else None
