"""Which adapter stands behind which port: each is chosen on its own, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.utils import import_string

from marketplace.channels.port import NoChannel
from marketplace.channels.sandbox import SandboxChannel
from marketplace.credits.own import OwnIssuer
from marketplace.mail.outgoing import SandboxPostRoom
from marketplace.mail_server import MailServer
from marketplace.orders.tax import TaxTable
from marketplace.payments.sandbox import SandboxGateway
from marketplace.payouts.bank_file import BankFile
from marketplace.payouts.cash import NoCash
from marketplace.payouts.sandbox_bank import SandboxBank
from marketplace.settings import Settings
from marketplace.shipping.sandbox import SandboxCarrier


def choose(app: Flask, settings: Settings) -> None:
    """Put the chosen adapter behind each port."""
    choices: dict[str, dict[str, Callable[[], Any]]] = {
        "gateway": {"sandbox": SandboxGateway, "stripe": lambda: _stripe(settings)},
        "tax": {"table": TaxTable, "stripe": lambda: _stripe_tax(settings)},
        "carrier": {"sandbox": SandboxCarrier, "shippo": lambda: _shippo(settings)},
        "gift_cards": {"own": OwnIssuer, "http": lambda: _remote_issuer(settings)},
        "cash": {
            "none": NoCash,
            "sandbox": SandboxBank,
            "bank_file": lambda: _bank_file(settings),
            "stripe": lambda: _stripe_connect(settings),
        },
        "channel": {"none": NoChannel, "sandbox": SandboxChannel, "http": lambda: _remote_channel(settings)},
    }
    chosen = {
        "gateway": settings.payments,
        "tax": settings.tax,
        "carrier": settings.shipping,
        "gift_cards": settings.gift_cards,
        "channel": settings.channels,
        "cash": settings.payouts,
    }
    for port, name in chosen.items():
        app.extensions[port] = choices[port][name]()
    app.extensions["mail"] = _smtp(settings.mail_server) if settings.mail_server else SandboxPostRoom()


# What speaks to another house brings that house's SDK along: loaded only where it was chosen.


def _stripe(settings: Settings) -> Any:
    return import_string("marketplace.payments.stripe:StripeGateway")(
        _stripe_api(settings), settings.stripe_webhook_secret, settings.stripe_connect_webhook_secret
    )


def _stripe_tax(settings: Settings) -> Any:
    return import_string("marketplace.orders.stripe_tax:StripeTax")(_stripe_api(settings))


def _stripe_connect(settings: Settings) -> Any:
    return import_string("marketplace.payouts.stripe_connect:StripeConnect")(_stripe_api(settings))


def _stripe_api(settings: Settings) -> Any:
    api = import_string("marketplace.payments.stripe_api:StripeAPI")
    return api(settings.stripe_api_key, api_base=settings.stripe_api_base, files_base=settings.stripe_files_base)


def _shippo(settings: Settings) -> Any:
    carrier = import_string("marketplace.shipping.shippo:ShippoCarrier")
    return carrier(token=settings.shippo_token, base=settings.shippo_api_base)


def _remote_issuer(settings: Settings) -> Any:
    issuer = import_string("marketplace.credits.remote:RemoteIssuer")
    return issuer(settings.gift_card_issuer_url, settings.gift_card_issuer_token)


def _remote_channel(settings: Settings) -> Any:
    return import_string("marketplace.channels.remote:RemoteChannel")(settings.channels_url, settings.channels_token)


def _bank_file(settings: Settings) -> BankFile:
    return BankFile(name=settings.payout_account_name, account=settings.payout_account, bank=settings.payout_bank)


def _smtp(server: MailServer) -> Any:
    return import_string("marketplace.mail.smtp:SmtpPostRoom")(server)
