"""Every blueprint of the product, in one list. Sandbox pages are registered with SANDBOX=1 alone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from flask import Blueprint, Flask
from flask_wtf import CSRFProtect

from marketplace.settings import Settings

# module:attribute, in the order of the site map
PAGES = [
    "marketplace.programme.theme:bp",
    "marketplace.buyer.shop:bp",
    "marketplace.buyer.guides:bp",
    "marketplace.buyer.language:bp",
    "marketplace.buyer.offline:bp",
    "marketplace.buyer.crawlers:bp",
    "marketplace.buyer.feeds:bp",
    "marketplace.buyer.social:bp",
    "marketplace.buyer.bag:bp",
    "marketplace.buyer.checkout:bp",
    "marketplace.buyer.orders:bp",
    "marketplace.disputes.reporting:bp",
    "marketplace.disputes.pages:evidence",
    "marketplace.disputes.pages:bp",
    "marketplace.buyer.tracking:bp",
    "marketplace.buyer.joining:bp",
    "marketplace.buyer.signing_in:bp",
    "marketplace.buyer.passwords:bp",
    "marketplace.buyer.second_factor:bp",
    "marketplace.buyer.account:bp",
    "marketplace.buyer.credit:bp",
    "marketplace.buyer.saved:bp",
    "marketplace.buyer.offers:bp",
    "marketplace.buyer.notices:bp",
    "marketplace.buyer.photos:bp",
    "marketplace.seller.purchases:bp",
    "marketplace.seller.passports:bp",
    "marketplace.seller.consign:bp",
    "marketplace.seller.consign_photos:bp",
    "marketplace.seller.consigned:bp",
    "marketplace.seller.quote_asking:bp",
    "marketplace.seller.quote:bp",
    "marketplace.seller.fees:bp",
    "marketplace.seller.ways:bp",
    "marketplace.seller.offers:bp",
    "marketplace.seller.wizard:bp",
    "marketplace.seller.wardrobe:bp",
    "marketplace.seller.sales:bp",
    "marketplace.seller.labels:bp",
    "marketplace.seller.payouts:bp",
    "marketplace.seller.payout_details:bp",
    "marketplace.seller.payout_account:bp",
    "marketplace.desk.home:bp",
    "marketplace.desk.review:bp",
    "marketplace.desk.supply:bp",
    "marketplace.desk.intake:bp",
    "marketplace.desk.quotes:bp",
    "marketplace.desk.orders:bp",
    "marketplace.desk.order_actions:bp",
    "marketplace.desk.late_refunds:bp",
    "marketplace.desk.case_work:bp",
    "marketplace.desk.disputes:bp",
    "marketplace.desk.opinions:bp",
    "marketplace.desk.chargebacks:bp",
    "marketplace.desk.replies:bp",
    "marketplace.desk.label_address:bp",
    "marketplace.desk.gift_cards:bp",
    "marketplace.desk.channels:bp",
    "marketplace.desk.payouts:bp",
    "marketplace.desk.people:bp",
    "marketplace.desk.find:bp",
    "marketplace.desk.listings:bp",
    "marketplace.desk.reports:bp",
    "marketplace.desk.audit:bp",
]

# Machines authenticate by signature or token: no CSRF token, no cookie.
MACHINES = [
    "marketplace.payments.webhooks:bp",
    "marketplace.shipping.webhooks:bp",
    "marketplace.channels.webhooks:bp",
    "marketplace.credits.api:bp",
    "marketplace.credits.credit_api:bp",
    "marketplace.buyer.notices:stopping",
]

SANDBOX = [
    "marketplace.payments.sandbox_pages:bp",
    "marketplace.shipping.sandbox_pages:bp",
    "marketplace.channels.sandbox_pages:bp",
    "marketplace.mail.sandbox_pages:bp",
    "marketplace.buyer.sandbox_clock:bp",
    "marketplace.buyer.styleguide:bp",
]


def _load(paths: list[str]) -> Iterator[Blueprint]:
    for path in paths:
        module, attribute = path.split(":")
        yield getattr(import_module(module), attribute)


def register_all(app: Flask, settings: Settings, csrf: CSRFProtect) -> None:
    """Register what these settings allow."""
    for blueprint in _load(PAGES):
        app.register_blueprint(blueprint)
    for blueprint in _load(MACHINES):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    if settings.sandbox:
        for blueprint in _load(SANDBOX):
            app.register_blueprint(blueprint)
