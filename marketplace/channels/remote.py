"""The outside marketplaces over HTTP: the protocol stands in ``docs/integrations.md``.

A cancellation is asked for under the key of its outbox row, the same after a crash; one whose answer was lost is
looked up by the sale's own name before it is asked for again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from marketplace.channels.documents import Sale
from marketplace.channels.port import CancellationRefused, NoLabel, SaleReport
from marketplace.jobs.calling import ANSWER_SECONDS, House
from marketplace.jobs.outbox import NotDone, OutcomeUnknown

MOST_OF_A_LIST = 4 * 2**20
MOST_OF_A_LABEL = 5 * 2**20
_REFUSED: Final = {400, 404, 409, 422}


class _Sales(msgspec.Struct, frozen=True):
    sales: list[Sale]


class _Trouble(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Error(msgspec.Struct, frozen=True):
    error: _Trouble


class RemoteChannel:
    """The connection at ``url``, by the bearer token it gave us."""

    def __init__(self, url: str, token: str, *, seconds: float = ANSWER_SECONDS) -> None:
        hint = "look at CHANNELS_TOKEN and at its limits"
        self._there = House("the channels", url.rstrip("/"), token, hint=hint, seconds=seconds)

    def cancel(self, outlet: str, ref: str, *, reason: str, key: str) -> None:
        answer = self._there.ask(
            "POST", f"{_path(outlet, ref)}/cancellation", json={"reason": reason}, headers={"Idempotency-Key": key}
        )
        if answer.status in _REFUSED:
            said = self._there.read(answer, _Error).error
            raise CancellationRefused(f"{said.code}: {said.message}"[:400])
        if answer.status != 200 or self._there.read(answer, Sale).cancelled_at is None:
            raise self._there.strange(answer)

    def find(self, outlet: str, ref: str) -> SaleReport | None:
        answer = self._there.ask("GET", _path(outlet, ref))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._there.strange(answer)
        return self._there.read(answer, Sale).report

    def sales_since(self, since: datetime) -> list[SaleReport]:
        answer = self._there.ask("GET", "/sales", params={"since": since.isoformat()}, most=MOST_OF_A_LIST)
        if answer.status != 200:
            raise self._there.strange(answer)
        return [sale.report for sale in self._there.read(answer, _Sales).sales]

    def withdraw(self, listing: str) -> None:
        answer = self._there.ask("DELETE", f"/offers/{listing}")
        if answer.status not in (200, 204, 404):  # what is not there need not be taken off
            raise self._there.strange(answer)

    def label(self, outlet: str, ref: str) -> bytes:
        try:
            answer = self._there.ask("GET", f"{_path(outlet, ref)}/label", most=MOST_OF_A_LABEL)
        except (NotDone, OutcomeUnknown) as trouble:
            raise NoLabel(str(trouble)) from None
        if answer.status != 200 or not answer.body.startswith(b"%PDF"):
            raise NoLabel(f"the channels answered {answer.status}, and no label")
        return answer.body


def _path(outlet: str, ref: str) -> str:
    """A sale's address; both names hold nothing that would need quoting (``documents``)."""
    return f"/sales/{outlet}/{ref}"
