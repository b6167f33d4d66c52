"""Calling another house over HTTP, in the outbox's words: answered, certainly not done, or unknown."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
import requests
from requests.auth import AuthBase
from urllib3.exceptions import MaxRetryError, NewConnectionError

from marketplace import shapes
from marketplace.jobs.outbox import NotDone, OutcomeUnknown

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0  # for the whole answer; a look-up and a repeat stay within the outbox's lease
MOST_BYTES = 64 * 1024
LATER: Final = {401, 403, 429}  # refusals that are ours to mend, or pass by themselves


@dataclass(frozen=True)
class Answered:
    status: int
    body: bytes
    kind: str = ""


class _Bearer(AuthBase):
    """The token as its own kind of sign-in: the library would let a ``.netrc`` speak over a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class House:
    """Another house at ``url``, signed in to by a token; ``name`` and ``hint`` are said where it does not work."""

    def __init__(self, name: str, url: str, token: str, *, hint: str, seconds: float = ANSWER_SECONDS) -> None:
        self._name, self._url, self._hint = name, url, hint
        self._sign_in, self._seconds = _Bearer(token), seconds

    def ask(self, method: str, path: str = "", *, most: int = MOST_BYTES, **more: Any) -> Answered:
        """One call. Raises ``NotDone`` where nobody was reached, ``OutcomeUnknown`` where no whole answer came."""
        ends = time.monotonic() + self._seconds
        timeouts = (min(CONNECT_SECONDS, self._seconds), self._seconds)
        try:
            with requests.request(
                method,
                self._url + path,
                auth=self._sign_in,
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
                **more,
            ) as answer:
                kind = answer.headers.get("Content-Type", "")
                return Answered(answer.status_code, self._whole(answer, ends, most), kind)
        except requests.ConnectTimeout:
            raise NotDone(f"{self._name} cannot be reached in time") from None
        except requests.RequestException as trouble:
            if _was_never_sent(trouble):
                raise NotDone(f"{self._name} cannot be reached") from None
            raise OutcomeUnknown(f"no answer from {self._name}: {type(trouble).__name__}") from None

    def read(self, answer: Answered, kind: type[T]) -> T:
        """The answer's body as ``kind``. What cannot be read says nothing: the outcome stays unknown."""
        try:
            return shapes.decode(answer.body, kind)
        except msgspec.DecodeError:
            said = f"{self._name} answered {answer.status} with something that cannot be read"
            raise OutcomeUnknown(said) from None

    def strange(self, answer: Answered) -> NotDone | OutcomeUnknown:
        """What an answer means that the document does not know."""
        if answer.status in LATER:
            return NotDone(f"{self._name} answered {answer.status}: {self._hint}")
        return OutcomeUnknown(f"{self._name} answered {answer.status}")

    def _whole(self, answer: requests.Response, ends: float, most: int) -> bytes:
        body = b""
        for piece in answer.iter_content(8192):
            body += piece
            if len(body) > most or time.monotonic() > ends:
                raise OutcomeUnknown(f"the answer of {self._name} is too long or too slow")
        return body


def _was_never_sent(trouble: requests.RequestException) -> bool:
    cause = trouble.args[0] if trouble.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
