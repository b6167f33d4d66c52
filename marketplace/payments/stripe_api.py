"""One account at Stripe, called through its own library; what its troubles mean to the outbox (fault B14).

A call is tried up to three times with the same idempotency key, as long as nobody has waited long. The library's own
retries are off: they would hide whether an earlier try had left the house, and that decides between "certainly not
done" and "perhaps done".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import requests
import stripe
import urllib3.exceptions as wire

from marketplace import shapes
from marketplace.jobs.outbox import Misused, NotDone, OutcomeUnknown
from marketplace.settings import moves_real_money

API_VERSION = "2026-05-27.dahlia"  # the library pinned in pyproject.toml speaks exactly this one
TIMEOUT = (4.0, 12.0)  # seconds to connect, seconds of silence
BRIEFLY = (2.0, 5.0)  # the same where only the health of the account is asked
PAUSES = (0.3, 1.0)  # seconds before the second and the third try
PATIENCE = 6.0  # seconds: no further try begins after them, for a buyer may be waiting for the page

MOST_A_PAGE = 100  # Stripe's own limit

SHUT_OUT = (stripe.AuthenticationError, stripe.PermissionError)  # our key is not accepted: a person must look

T = TypeVar("T")

stripe.enable_telemetry = False


class RefusedByStripe(Exception):
    """Stripe understood and said no, for good: its code, or its words where it gave none."""


class StripeAPI:
    """The account that a secret key opens, at other addresses than Stripe's own where they are given.

    ``read`` and ``write`` carry out calls of ``client``. Both raise ``RefusedByStripe``, ``NotDone``, and ``Misused``
    where a key stands for another request there (fault B15); ``write`` raises ``OutcomeUnknown`` too.
    """

    def __init__(
        self,
        key: str,
        *,
        api_base: str = "",
        files_base: str = "",
        timeout: tuple[float, float] = TIMEOUT,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.livemode = moves_real_money(key)
        self._key, self._pauses = key, tuple(pauses)
        self._api_base, self._files_base = api_base, files_base
        self.client = self._client(timeout)

    def _client(self, timeout: tuple[float, float]) -> stripe.StripeClient:
        return stripe.StripeClient(
            self._key,
            stripe_version=API_VERSION,
            base_addresses={
                "api": self._api_base or stripe.DEFAULT_API_BASE,
                "files": self._files_base or stripe.DEFAULT_UPLOAD_API_BASE,
            },
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout, session=_session()),
        )

    def trouble(self) -> str:
        """Why the account does not answer right now, asked once and briefly; empty where it does."""
        try:
            self._client(BRIEFLY).v1.events.list({"limit": 1})
        except stripe.StripeError as trouble:
            return _words(trouble)
        return ""

    def read(self, call: Callable[[], T]) -> T:
        """A question changes nothing there: without an answer it is simply not done."""
        try:
            return self.write(call)
        except OutcomeUnknown as trouble:
            raise NotDone(str(trouble)) from trouble

    def listed(self, call: Callable[[], list[Any]]) -> list[Any]:
        """A list; one that Stripe will not give us says nothing about what is in it."""
        try:
            return self.read(call)
        except RefusedByStripe as no:
            raise NotDone(f"Stripe gives no list: {no}") from no

    def write(self, call: Callable[[], T]) -> T:
        """A call that changes something there; it carries an idempotency key, as it may be made more than once."""
        perhaps_done, said = False, ""
        began = time.monotonic()
        for pause in (*self._pauses, None):
            try:
                return call()
            except stripe.StripeError as trouble:
                _raise_if_final(trouble)
                perhaps_done = perhaps_done or not _certainly_not_done(trouble)
                said = _words(trouble)
                again = not isinstance(trouble, SHUT_OUT) and _allows_another_try(trouble)
            if pause is None or not again or time.monotonic() - began > PATIENCE:
                break
            time.sleep(pause)
        raise OutcomeUnknown(said) if perhaps_done else NotDone(said)


def _words(trouble: stripe.StripeError) -> str:
    told = " ".join(str(trouble).split())
    return f"{type(trouble).__name__} {trouble.http_status or ''}".rstrip() + f": {told[:200]}"


def _session() -> requests.Session:
    """Connections that go nowhere else: a redirect is an error, not an address to fetch (fault X09)."""
    session = requests.Session()
    session.max_redirects = 0
    return session


def _raise_if_final(trouble: stripe.StripeError) -> None:
    """Raise where trying again with the same key cannot help."""
    if isinstance(trouble, stripe.IdempotencyError):
        raise Misused(str(trouble)) from trouble
    if isinstance(trouble, (stripe.InvalidRequestError, stripe.CardError)):
        raise RefusedByStripe(trouble.code or str(trouble)) from trouble


def _allows_another_try(trouble: stripe.StripeError) -> bool:
    """Stripe says itself where trying again at once is of no use."""
    return (trouble.headers or {}).get("Stripe-Should-Retry") != "false"


def _certainly_not_done(trouble: stripe.StripeError) -> bool:
    """Turned away at the door, or never sent; anything else may have been carried out before the answer was lost."""
    if isinstance(trouble, (stripe.RateLimitError, *SHUT_OUT)):
        return True
    cause = trouble.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, wire.NewConnectionError)


def read_as(thing: Any, shape: type[T]) -> T:
    """What Stripe answered, as far as we read it; raises ``OutcomeUnknown`` where it cannot be read."""
    try:
        return shapes.convert(thing.to_dict(), shape)
    except msgspec.ValidationError as trouble:
        raise OutcomeUnknown(f"Stripe answered what we cannot read: {trouble}") from trouble


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
