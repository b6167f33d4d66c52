"""Settings from the environment, typed and checked once at start. The variables stand in docs/operations.md."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from marketplace.mail_server import MailServer, read_mail_url

INSTANCE = Path(__file__).resolve().parent.parent / "instance"
DATABASE = f"sqlite:///{INSTANCE / 'reprise.db'}"
DEMO_KEY = "demo-key-for-the-sandbox-only-never-for-real-money"
SANDBOX_MAIL = "sandbox:"
PHOTO_STORES = ("file:///", "s3://", "memory:///")
WEAK_WORDS = ("changeme", "secret", "password", "demo-key", "test", "default")
SHORTEST_KEY = 32
STRIPE_KEYS = ("sk_test_", "rk_test_", "sk_live_", "rk_live_")
STRIPE_PAGES = "https://checkout.stripe.com"
STRIPE_ACCOUNT_PAGES = "https://connect.stripe.com"
FEWEST_SIGNS = 10  # different ones: 32 random hexadecimal figures have more


class UnsafeSettings(Exception):
    """The environment asks for something this product refuses to run with."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Adapters are chosen one by one, by name."""

    environment: str = "development"
    sandbox: bool = False
    secret_key: str = field(default=DEMO_KEY, repr=False)
    database_url: str = field(default=DATABASE, repr=False)  # may hold a password
    programme: str = "preloved"
    public_url: str = "http://127.0.0.1:8000"
    sandbox_payment_origin: str = ""
    photo_store_url: str = f"file://{INSTANCE / 'photos'}"
    photo_endpoint: str = ""  # of a bucket that is not Amazon's; the store reads the variable itself
    jobs: str = "embedded"
    redis_url: str = field(default="", repr=False)  # may hold a password
    payments: str = "sandbox"
    tax: str = "table"
    shipping: str = "sandbox"
    gift_cards: str = "own"
    payouts: str = "sandbox"
    payout_account_name: str = ""
    payout_account: str = field(default="", repr=False)
    payout_bank: str = ""
    channels: str = "sandbox"
    channels_url: str = ""
    channels_token: str = field(default="", repr=False)
    channels_webhook_secret: str = field(default="", repr=False)
    gift_card_issuer_url: str = ""
    gift_card_issuer_token: str = field(default="", repr=False)
    mail_url: str = field(default=SANDBOX_MAIL, repr=False)  # may hold a password
    shippo_token: str = field(default="", repr=False)
    shippo_api_base: str = "https://api.goshippo.com"
    shippo_webhook_token: str = field(default="", repr=False)
    stripe_api_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_connect_webhook_secret: str = field(default="", repr=False)
    stripe_api_base: str = ""
    stripe_files_base: str = ""
    rate_limits: bool = True
    debug: bool = False
    trusted_proxies: int = 0

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @property
    def host(self) -> str:
        """Host and port people reach the shop at."""
        return urlsplit(self.public_url).netloc

    @property
    def payment_origin(self) -> str:
        """Where the sandbox's payment page lives: an origin of its own, or ours."""
        return (self.sandbox_payment_origin or self.public_url).rstrip("/")

    @property
    def mail_server(self) -> MailServer | None:
        """Where letters go; None where the sandbox keeps them. Raises ``ValueError`` for a ``MAIL_URL`` unlike any."""
        return None if self.mail_url == SANDBOX_MAIL else read_mail_url(self.mail_url, shop_host=self.host)

    @property
    def payment_origins(self) -> tuple[str, ...]:
        """Where a buyer may be sent to pay, and a seller to say who they are; browsers are told of no other."""
        if self.payments != "stripe":
            return (self.payment_origin,)
        pages = (STRIPE_PAGES, *([STRIPE_ACCOUNT_PAGES] if self.payouts == "stripe" else []))
        elsewhere = urlsplit(self.stripe_api_base)
        if is_on_this_machine(self.stripe_api_base):  # a rehearsal: its pages may stand behind another port
            return (*pages, "http://127.0.0.1:*", "http://localhost:*")
        return (*pages, *([f"{elsewhere.scheme}://{elsewhere.netloc}"] if elsewhere.netloc else []))

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None, *, programme: str | None = None) -> Settings:
        """The environment's (``programme`` outranks it), checked; raises ``UnsafeSettings`` with every objection."""
        env = os.environ if env is None else env
        chosen = programme or env.get("PROGRAMME", cls.programme)
        settings = cls(
            environment=env.get("ENVIRONMENT", cls.environment),
            sandbox=env.get("SANDBOX", "") in {"1", "true", "yes"},
            secret_key=env.get("SECRET_KEY", cls.secret_key),
            database_url=_with_driver(env.get("DATABASE_URL") or default_database(chosen)),
            programme=chosen,
            public_url=env.get("PUBLIC_URL", cls.public_url).rstrip("/"),
            sandbox_payment_origin=env.get("SANDBOX_PAYMENT_ORIGIN", "").rstrip("/"),
            photo_store_url=env.get("PHOTO_STORE_URL", cls.photo_store_url),
            photo_endpoint=env.get("AWS_ENDPOINT_URL", ""),
            jobs=env.get("JOBS", cls.jobs),
            redis_url=env.get("REDIS_URL", ""),
            payments=env.get("PAYMENTS", cls.payments),
            tax=env.get("TAX", cls.tax),
            shipping=env.get("SHIPPING", cls.shipping),
            gift_cards=env.get("GIFT_CARDS", cls.gift_cards),
            payouts=env.get("PAYOUTS") or _unless_in_production(env, cls.payouts),
            payout_account_name=env.get("PAYOUT_ACCOUNT_NAME", ""),
            payout_account=env.get("PAYOUT_ACCOUNT", "").replace(" ", ""),
            payout_bank=env.get("PAYOUT_BANK", ""),
            channels=env.get("CHANNELS") or _unless_in_production(env, cls.channels),
            channels_url=env.get("CHANNELS_URL", "").rstrip("/"),
            channels_token=env.get("CHANNELS_TOKEN", ""),
            channels_webhook_secret=env.get("CHANNELS_WEBHOOK_SECRET", ""),
            gift_card_issuer_url=env.get("GIFT_CARD_ISSUER_URL", "").rstrip("/"),
            gift_card_issuer_token=env.get("GIFT_CARD_ISSUER_TOKEN", ""),
            mail_url=env.get("MAIL_URL", cls.mail_url),
            shippo_token=env.get("SHIPPO_TOKEN", ""),
            shippo_api_base=env.get("SHIPPO_API_BASE", cls.shippo_api_base).rstrip("/"),
            shippo_webhook_token=env.get("SHIPPO_WEBHOOK_TOKEN", ""),
            stripe_api_key=env.get("STRIPE_API_KEY", ""),
            stripe_webhook_secret=env.get("STRIPE_WEBHOOK_SECRET", ""),
            stripe_connect_webhook_secret=env.get("STRIPE_CONNECT_WEBHOOK_SECRET", ""),
            stripe_api_base=env.get("STRIPE_API_BASE", "").rstrip("/"),
            stripe_files_base=env.get("STRIPE_FILES_BASE", "").rstrip("/"),
            rate_limits=env.get("RATE_LIMITS", "on") != "off",
            debug=env.get("FLASK_DEBUG", "") in {"1", "true"},
            trusted_proxies=int(env.get("TRUSTED_PROXIES", "0") or 0),
        )
        settings.refuse_unsafe()
        return settings

    def refuse_unsafe(self) -> None:
        """Raise ``UnsafeSettings`` with every objection there is."""
        if objections := self.objections():
            raise UnsafeSettings("; ".join(objections))

    def objections(self) -> list[str]:
        """Why this product will not start with these settings; empty when it will."""
        found = [
            f"{name}={value} is unknown; known: {', '.join(known)}"
            for name, value, known in (
                ("ENVIRONMENT", self.environment, ("development", "production")),
                ("JOBS", self.jobs, ("embedded", "celery", "none")),
                ("PAYMENTS", self.payments, ("sandbox", "stripe")),
                ("TAX", self.tax, ("table", "stripe")),
                ("SHIPPING", self.shipping, ("sandbox", "shippo")),
                ("GIFT_CARDS", self.gift_cards, ("own", "http")),
                ("PAYOUTS", self.payouts, ("none", "sandbox", "bank_file", "stripe")),
                ("CHANNELS", self.channels, ("none", "sandbox", "http")),
            )
            if value not in known
        ]
        found += self._objections_to_mail() + self._objections_to_gift_cards()
        found += self._objections_to_payouts() + self._objections_to_channels()
        found += self._objections_to_photos()
        found += self._objections_to_redis()
        if self.shipping == "shippo":
            found += self._objections_to_shippo()
        if "stripe" in (self.payments, self.tax):
            found += self._objections_to_stripe()
        if self.is_production:
            found += self._objections_in_production()
        return found

    def _objections_to_mail(self) -> list[str]:
        try:
            self.mail_server  # noqa: B018 (reading it is the check)
        except ValueError as wrong:
            return [str(wrong)]
        return []

    def _objections_to_redis(self) -> list[str]:
        if self.jobs == "celery" and not self.redis_url:
            return ["JOBS=celery needs REDIS_URL"]
        if self.redis_url and not self.redis_url.startswith(("redis://", "rediss://")):
            # Said without the address: it may hold a password.
            return ["REDIS_URL must begin with redis:// or rediss://"]
        return []

    def _objections_to_shippo(self) -> Iterator[str]:
        if not self.shippo_token:
            yield "SHIPPING=shippo needs SHIPPO_TOKEN"
        if not self.shippo_webhook_token:
            yield "SHIPPING=shippo needs SHIPPO_WEBHOOK_TOKEN, the secret in the webhook's address"
        if self.sandbox and self.shippo_token.startswith("shippo_live_"):
            yield "SANDBOX=1 refuses a live SHIPPO_TOKEN"
        if not is_safe_base(self.shippo_api_base):
            yield "SHIPPO_API_BASE must be https, or http on this machine"

    def _objections_to_stripe(self) -> list[str]:
        found = []
        if not self.stripe_api_key.startswith(STRIPE_KEYS):
            found.append("PAYMENTS=stripe and TAX=stripe need STRIPE_API_KEY: a secret or restricted key")
        if self.payments == "stripe" and not self.stripe_webhook_secret:
            found.append("PAYMENTS=stripe needs STRIPE_WEBHOOK_SECRET, as the dashboard shows it: whsec_…")
        if self.sandbox and moves_real_money(self.stripe_api_key):
            found.append("SANDBOX=1 is refused with a live STRIPE_API_KEY")
        found += [
            f"{name} must be https, or on this machine: the key travels there"
            for name, base in (("STRIPE_API_BASE", self.stripe_api_base), ("STRIPE_FILES_BASE", self.stripe_files_base))
            if base and not is_safe_base(base)
        ]
        return found

    def _objections_to_photos(self) -> list[str]:
        found = []
        if not self.photo_store_url.startswith(PHOTO_STORES):
            found.append("PHOTO_STORE_URL is file:///folder or s3://bucket/prefix")
        if self.photo_store_url.startswith("s3://") and self.photo_endpoint and not is_safe_base(self.photo_endpoint):
            found.append("AWS_ENDPOINT_URL must be https, or http on this machine: the key travels there")
        return found

    def _objections_to_gift_cards(self) -> list[str]:
        if self.gift_cards != "http":
            return []
        found = []
        if not is_safe_base(self.gift_card_issuer_url):
            found.append("GIFT_CARDS=http needs GIFT_CARD_ISSUER_URL: https://…, or http:// on this machine")
        if not re.fullmatch(r"[\x21-\x7e]+", self.gift_card_issuer_token):
            found.append("GIFT_CARDS=http needs GIFT_CARD_ISSUER_TOKEN: the token that issuer gave us")
        return found

    def _objections_to_payouts(self) -> list[str]:
        if self.payouts == "stripe":
            return [
                f"PAYOUTS=stripe needs {what}"
                for what, is_there in (
                    (
                        "PAYMENTS=stripe: payouts leave from the account that payments come to",
                        self.payments == "stripe",
                    ),
                    ("STRIPE_CONNECT_WEBHOOK_SECRET, of the endpoint for accounts", self.stripe_connect_webhook_secret),
                )
                if not is_there
            ]
        if self.payouts != "bank_file":
            return []
        needed = (("PAYOUT_ACCOUNT_NAME", self.payout_account_name), ("PAYOUT_ACCOUNT", self.payout_account))
        return [
            f"PAYOUTS=bank_file needs {name}: the account payouts leave from" for name, value in needed if not value
        ]

    def _objections_to_channels(self) -> list[str]:
        if self.channels != "http":
            return []
        found = []
        if not is_safe_base(self.channels_url):
            found.append("CHANNELS=http needs CHANNELS_URL: https://…, or http:// on this machine")
        if not re.fullmatch(r"[\x21-\x7e]+", self.channels_token):
            found.append("CHANNELS=http needs CHANNELS_TOKEN: the token the channels gave us")
        if len(self.channels_webhook_secret) < SHORTEST_KEY:
            found.append(f"CHANNELS=http needs CHANNELS_WEBHOOK_SECRET: {SHORTEST_KEY} or more characters")
        return found

    def _objections_in_production(self) -> list[str]:
        found = []
        if self.sandbox:
            found.append("SANDBOX=1 is refused in production")
        if self.debug:
            found.append("FLASK_DEBUG=1 is refused in production")
        if _is_weak(self.secret_key):
            found.append(f"SECRET_KEY is weak: use {SHORTEST_KEY} or more random characters")
        if not self.is_https:
            found.append("PUBLIC_URL must be https in production")
        if not self.rate_limits:
            found.append("RATE_LIMITS=off is refused in production")
        found += [
            f"{name}={value} is a sandbox and refused in production"
            for name, value in (
                ("PAYMENTS", self.payments),
                ("SHIPPING", self.shipping),
                ("PAYOUTS", self.payouts),
                ("CHANNELS", self.channels),
                ("MAIL_URL", self.mail_url),
            )
            if value.startswith("sandbox")
        ]
        return found


def own_database(programme: str) -> Path:
    """The file of a programme's demo, where another programme's lives in ``DATABASE``."""
    return INSTANCE / f"{Path(programme).stem}.db"


def default_database(programme: str) -> str:
    """Where a programme's data is when nothing says so: in its own file if there is one."""
    own = own_database(programme)
    return f"sqlite:///{own}" if own.exists() else DATABASE


def _unless_in_production(env: Mapping[str, str], sandbox: str) -> str:
    """What is chosen where nothing is said: the sandbox, or nothing."""
    return "none" if env.get("ENVIRONMENT") == "production" else sandbox


def is_on_this_machine(url: str) -> bool:
    """Whether the address is one of this machine's own (a loopback address, or ``localhost``)."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe_base(url: str) -> bool:
    """Whether a secret may be sent there: by https, or without leaving this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_on_this_machine(url)))


def moves_real_money(stripe_key: str) -> bool:
    """Whether a key of Stripe's is a live one; the others play with its test cards."""
    return "_live_" in stripe_key


def _is_weak(key: str) -> bool:
    guessable = any(word in key.lower() for word in WEAK_WORDS)
    return guessable or len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_SIGNS


def _with_driver(url: str) -> str:
    """The database URL with the driver this product ships (psycopg 3)."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
