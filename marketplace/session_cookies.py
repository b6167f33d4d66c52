"""The session's cookie, for machines whose clocks are minutes apart (fault W08).

Flask refuses a cookie that was signed in the future. Another web process of ours may have signed it, whose clock is
ahead: its reader would be signed out, and the form sent back as forged. Old is too old here; early is not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, URLSafeTimedSerializer

from marketplace import clock


class _Serializer(URLSafeTimedSerializer):
    def loads(  # type: ignore[override]  # as its own parent does
        self,
        s: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
        salt: str | bytes | None = None,
    ) -> Any:
        content, signed_at = super().loads(s, return_timestamp=True, salt=salt)
        if max_age is not None and clock.wall() - signed_at > timedelta(seconds=max_age):
            raise SignatureExpired("the session is over", payload=content, date_signed=signed_at)
        return (content, signed_at) if return_timestamp else content


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own, but for its judgement of age."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        options = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
        return _Serializer(app.secret_key or "", salt=self.salt, serializer=self.serializer, signer_kwargs=options)
