"""How a call reaches Shippo: its SDK writes the request, we read the answer.

The SDK knows paths, headers and the shape of each request. Its reading of answers is left out: it raises on a field
that is missing and on an enum's value it does not know, after a label has been paid. Two of its own hooks take the
response before it gets there. Nothing is retried here: the outbox knows when that is safe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import msgspec
import requests
import shippo
from urllib3.exceptions import MaxRetryError, NewConnectionError

from marketplace.errors import ProgrammingError
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.settings import is_on_this_machine
from marketplace.shipping.shippo_objects import words_of

API_VERSION = "2018-02-08"
CONNECT_SECONDS = 5.0

REFUSALS = frozenset({400, 404, 405, 410, 413, 415, 422})  # this request is wrong, and will be tomorrow
NOT_NOW = frozenset({401, 402, 403, 429})  # sign-in, unpaid bill, throttled: nothing was done, the request is sound


class ShippoRefused(Exception):
    """Shippo says no to this very request; nothing was done. ``words`` are Shippo's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status} {words}")
        self.status = status
        self.words = words


class _Answered(Exception):
    """The SDK's way to hand the response over before it reads it: a hook's exception is raised to the caller."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _BeforeReading:
    """The two hooks; what arrives here has been received whole."""

    def after_success(self, _context: object, response: requests.Response) -> Exception:
        return _Answered(response)

    def after_error(
        self, _context: object, response: requests.Response | None, error: Exception | None
    ) -> Exception | tuple[requests.Response | None, Exception | None]:
        return (response, error) if response is None else _Answered(response)


class _Session(requests.Session):
    """The SDK sends without a time limit and would follow redirects, which turn a POST into a GET."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.trust_env = False  # a .netrc on the machine would replace our token
        self._seconds = seconds

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return super().send(
            request, **{**options, "timeout": (CONNECT_SECONDS, self._seconds), "allow_redirects": False}
        )


class Wire:
    """One account of Shippo's. ``seconds`` is the longest silence that is waited out in an answer."""

    def __init__(self, *, token: str, base: str, seconds: float) -> None:
        self.is_on_this_machine = is_on_this_machine(base)
        self._sdk = shippo.Shippo(
            api_key_header=token, server_url=base, shippo_api_version=API_VERSION, client=_Session(seconds)
        )
        hooks = self._sdk.sdk_configuration.get_hooks()
        hooks.register_after_success_hook(_BeforeReading())
        hooks.register_after_error_hook(_BeforeReading())

    def ask(self, call: Callable[[Any], object], *, costs: bool = False) -> bytes:
        """Make one call of the SDK's and return the answer's body.

        Raises ``ShippoRefused``, ``NotDone``, and, for a call that ``costs``, ``OutcomeUnknown`` wherever it may have
        been carried out. A call that costs nothing may always be made again.
        """
        try:
            call(self._sdk)
        except _Answered as answered:
            return _body(answered.response, costs=costs)
        except requests.RequestException as trouble:
            words = f"{type(trouble).__name__}: {trouble}"[:200]
            if costs and not _never_left(trouble):
                raise OutcomeUnknown(words) from None
            raise NotDone(words) from None
        raise ProgrammingError("the SDK read an answer itself")


def _never_left(trouble: requests.RequestException) -> bool:
    """Whether no connection came about at all, so that nobody can have read the request."""
    if isinstance(trouble, requests.ConnectTimeout):
        return True
    cause = trouble.args[0] if trouble.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _body(response: requests.Response, *, costs: bool) -> bytes:
    if response.ok and response.status_code < 300:
        return response.content
    return _no(response, costs=costs)


def _no(response: requests.Response, *, costs: bool) -> NoReturn:
    words = f"{response.status_code} {_error_words(response.content)}".strip()
    if response.status_code in REFUSALS:
        raise ShippoRefused(response.status_code, words)
    if costs and response.status_code not in NOT_NOW:
        raise OutcomeUnknown(words)
    raise NotDone(words)


def _error_words(body: bytes) -> str:
    try:
        return words_of(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return ""
