"""Webhook signatures in Stripe's scheme, with an age limit in both directions.

Stripe's own check knows no future and goes by this machine's clock. The age is ours to judge: both ways (fault B11),
and by the database's clock, or a web process ten minutes off would refuse all that it is told (fault W08).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import stripe

from marketplace import clock
from marketplace.payments.gateway import BadSignature

TOLERANCE_SECONDS = 300

_verify: Callable[..., bool] = stripe.WebhookSignature.verify_header


def sign(payload: bytes, secret: str, timestamp: int | None = None) -> str:
    """The header value for ``payload``, as the provider would send it."""
    moment = int(clock.shared().timestamp()) if timestamp is None else timestamp
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signature}"


def check(payload: bytes, header: str, *secrets: str) -> None:
    """Raise ``BadSignature`` unless ``header`` signs exactly these bytes, now, with one of ``secrets``."""
    try:
        text = payload.decode("utf-8")
        for secret in secrets[:-1]:
            if _is_signed(text, header, secret):
                break
        else:
            _verify(text, header, secrets[-1])
        stamp = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, StopIteration) as trouble:
        raise BadSignature(str(trouble)) from None
    age = clock.shared().timestamp() - stamp
    if abs(age) > TOLERANCE_SECONDS:
        raise BadSignature(f"dated {abs(age):.0f} s {'ago' if age > 0 else 'ahead'}")


def _is_signed(text: str, header: str, secret: str) -> bool:
    try:
        return _verify(text, header, secret)
    except stripe.SignatureVerificationError:
        return False
