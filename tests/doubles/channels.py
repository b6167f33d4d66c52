"""The outside marketplaces behind one connection, as ``docs/integrations.md`` says they are called; they keep books.

``sales`` and ``withdrawn`` are the books; a sale whose ref ends in ``-STAYS`` is not let go. ``forgetful`` takes the
protection away: it counts each cancellation anew.
"""

from __future__ import annotations

import json
from typing import Any

from marketplace.channels.documents import document
from marketplace.channels.port import SaleReport
from marketplace.channels.webhooks import SIGNATURE
from tests.contracts.channels import CANCELLATION, SALE, faults
from tests.doubles.control import Steered, arguments, serve
from tests.doubles.posting import Postbox
from tests.doubles.server import Answer, Call, answers

TOKEN, SECRET = "the-channels-token", "what-the-channels-sign-their-notices-with"
OPERATIONS = ("cancel", "find", "since", "withdraw", "label")


class ChannelsDouble(Steered):
    """``postbox`` sends the notices, where ``webhook_url`` says where to; in tests they are carried over by hand."""

    def __init__(
        self,
        port: int = 0,
        *,
        token: str = TOKEN,
        forgetful: bool = False,
        webhook_url: str = "",
        secret: str = "",
    ) -> None:
        super().__init__(port)
        self.token, self.forgetful = token, forgetful
        self.postbox = Postbox(webhook_url, secret, header=SIGNATURE)
        self.sales: dict[tuple[str, str], dict[str, Any]] = {}
        self.withdrawn: list[str] = []
        self.cancellations: list[str] = []  # the key of each that was really made

    def sell(self, report: SaleReport) -> None:
        """Put a sale into the books."""
        self.sales[report.outlet, report.ref] = document(report)

    def stop(self) -> None:
        self.postbox.close()
        super().stop()

    @answers("POST", "/_double/sales")
    def steer_sale(self, call: Call) -> Answer:
        """Somebody buys a piece there: the sale as a document, put into the books and told to the shop."""
        sale = call.json
        self.violations += faults(SALE, sale)
        self.sales[sale["outlet"], sale["ref"]] = sale
        stage = "completed" if "completed_at" in sale else "sold"
        self.postbox.post(json.dumps({"id": f"{sale['outlet']}:{sale['ref']}:{stage}", "sale": sale}).encode())
        return Answer({})

    @answers("GET", "/_double/books")
    def show_books(self, call: Call) -> Answer:
        return Answer({"sales": list(self.sales.values()), "withdrawn": self.withdrawn})

    @answers("POST", "/sales/{outlet}/{ref}/cancellation")
    def cancel(self, call: Call) -> Answer:
        sale = self._sale(call)
        if sale is None or call.parts["ref"].endswith("-STAYS"):
            return _no(404 if sale is None else 409, "unknown_sale" if sale is None else "sale_stands")
        if "cancelled_at" not in sale or self.forgetful:
            self.cancellations.append(call.headers["idempotency-key"])
            sale |= {"cancelled_at": sale["sold_at"], "reason": call.json["reason"]}
        return Answer(sale)

    @answers("GET", "/sales/{outlet}/{ref}")
    def find(self, call: Call) -> Answer:
        sale = self._sale(call)
        return _no(404, "unknown_sale") if sale is None else Answer(sale)

    @answers("GET", "/sales")
    def since(self, call: Call) -> Answer:
        since = dict(call.query)["since"]
        return Answer({"sales": [one for one in self.sales.values() if one["sold_at"] >= since]})

    @answers("DELETE", "/offers/{listing}")
    def withdraw(self, call: Call) -> Answer:
        self.withdrawn.append(call.parts["listing"])
        return Answer("", 204)

    @answers("GET", "/sales/{outlet}/{ref}/label")
    def label(self, call: Call) -> Answer:
        sale = self._sale(call)
        if sale is None or "cancelled_at" in sale:
            return _no(404, "unknown_sale")
        return Answer(b"%PDF-1.4 label", content_type="application/pdf")

    def before(self, call: Call) -> Answer | None:
        if call.operation not in OPERATIONS:
            return None
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return _no(401, "unauthorized")
        if call.operation == "cancel":
            self.violations += faults(CANCELLATION, call.json)
            if not call.headers.get("idempotency-key"):
                self.violations.append("a cancellation without a key")
        return None

    def after(self, call: Call, answer: Answer) -> None:
        if answer.status == 200 and call.operation in ("cancel", "find"):
            self.violations += [f"our own answer: {fault}" for fault in faults(SALE, answer.body)]

    def _sale(self, call: Call) -> dict[str, Any] | None:
        return self.sales.get((call.parts["outlet"], call.parts["ref"]))


def _no(status: int, code: str) -> Answer:
    return Answer({"error": {"code": code, "message": "no"}}, status)


if __name__ == "__main__":
    parser = arguments("channels")
    parser.add_argument("--webhook", default="", help="where notices are sent")
    chosen = parser.parse_args()
    connection = ChannelsDouble(chosen.port, webhook_url=chosen.webhook, secret=SECRET)
    connection.postbox.tries = 60
    serve(connection)
