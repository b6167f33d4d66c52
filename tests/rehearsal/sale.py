"""One whole sale over HTTP, step by step, from the brand's purchase file to a till that takes the gift card."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import requests

from tests.photos import phone_photo
from tests.processes import until
from tests.purchases import as_csv, line
from tests.rehearsal.column import TIMEOUT, Column
from tests.rehearsal.visitor import Page, Visitor, await_letter

PASSWORD = "three wise words on a bag"
CODE = r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}"
HOME = {"line1": "14 Hudson Street", "postcode": "10013", "city": "New York", "region": "NY"}
SHIP_TO = {
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "postcode": "10118",
    "city": "New York",
    "region": "NY",
}
VISA = "4242 4242 4242 4242"
SHARE = 14_400  # cents: what the seller of a piece for $180 receives

_numbers = count(1)


@dataclass
class Sale:
    """The people of one sale and what it has come to."""

    column: Column
    say: Callable[[str], None]
    number: int = field(default_factory=lambda: next(_numbers))
    listing: str = ""
    order: str = ""
    tracking: str = ""
    code: str = ""

    patience: float = 0  # seconds for which its people try again where nothing answers

    def __post_init__(self) -> None:
        self.seller_email, self.buyer_email = f"ada{self.number}@example.com", f"grace{self.number}@example.com"
        self.seller = Visitor(self.column.url, patience=self.patience)
        self.buyer = Visitor(self.column.url, patience=self.patience)

    def run(self, reviewer: Visitor) -> None:
        """Every step in order."""
        self.say(import_purchases(self.column, [self]))
        self.join()
        self.list_a_piece()
        self.approve(reviewer)
        self.buy()
        self.hand_over()
        self.deliver()
        self.let_the_window_pass()
        self.receive_the_card()
        self.spend_the_card()

    def purchase(self) -> dict[str, str]:
        """The seller's line in the brand's purchase file."""
        bought = (datetime.now(UTC) - timedelta(days=430)).date().isoformat()
        told = {
            "order_number": f"W{self.number:06}",
            "loyalty_number": f"44{self.number:04}",
            "email": self.seller_email,
            "purchased_on": bought,
            "style_number": "VL-100",
            "title": "Marlow tote",
            "category": "tote",
            "collection": "fall-2020",
            "list_price": "300.00",
            "price_paid": "300.00",
        }
        return line(**told)

    def join(self) -> None:
        """The member of the club joins through the link in a letter."""
        self.seller.send("/join", "join", email=self.seller_email)
        link = await_letter(self.column.letters, self.seller_email, r"/join/confirm/[\w-]+")[0]
        self.seller.send(link, "finish-joining", name="Ada Quill", password=PASSWORD)
        self.say(f"{self.seller_email} has joined")

    def list_a_piece(self) -> None:
        """Through the wizard's screens, with three photos that go to the bucket."""
        self.begin_listing()
        self.send_photos()
        self.submit_listing()

    def begin_listing(self) -> None:
        begun = self.seller.send("/sell/purchases", "start-listing")
        self._wizard = begun.url.rpartition("/")[0]
        self.seller.send(f"{self._wizard}/details", "save-details", **HOME)
        self.seller.send(f"{self._wizard}/condition", "save-condition", grade="excellent", words="Carried twice.")

    def send_photos(self) -> None:
        photos = {slot: (f"{slot}.jpg", phone_photo(seed)) for seed, slot in enumerate(("front", "back", "inside"), 1)}
        self.seller.send(f"{self._wizard}/photos", "photos", files=photos)

    def submit_listing(self) -> None:
        self.seller.send(f"{self._wizard}/price", "save-price", price="180")
        done = self.seller.send(f"{self._wizard}/check", "submit-listing")
        assert done.main["data-state"] == "submitted", done.words
        self.listing = str(done.main["data-id"])
        self.say(f"{self.listing} is listed with its photos")

    def approve(self, reviewer: Visitor) -> None:
        reviewer.send(f"/desk/review/{self.listing}", "approve")
        assert reviewer.get(f"/desk/review/{self.listing}").main["data-state"] == "live"
        self.say(f"{self.listing} is approved")

    def buy(self) -> None:
        """A guest: bag, address, the provider's page, and back."""
        self.buy_without_waiting()
        self.await_payment()

    def buy_without_waiting(self) -> None:
        """Up to the provider's own button; no job needs to run."""
        piece = self.buyer.get(f"/p/marlow-tote-{self.listing}").url
        self.buyer.send(piece, "add-to-bag")
        review = self.buyer.send("/checkout", "checkout", email=self.buyer_email, **SHIP_TO)
        self.say("the tax is quoted and the total shown")
        self._paid = self.pay(self._payment_page(review.url)).url

    def _payment_page(self, review: str) -> Page:
        """The provider's page; pressed again while the shop says that it cannot be reached."""
        pages: list[Page] = []

        def is_there() -> bool:
            pages.append(self.buyer.send(review, "pay"))
            return pages[-1].has_form("stripe-pay")

        until(is_there, "the provider's page is shown")
        return pages[-1]

    def await_payment(self) -> None:
        thanks = self.buyer.until(self._paid, "Thank you")
        link = thanks.main.find("a", href=re.compile(r"^/orders/"))
        assert link is not None, thanks.words
        self.order = str(self.buyer.get(str(link["href"])).main["data-id"])
        self.say(f"{self.order} is paid")

    def pay(self, payment: Page) -> Page:
        """Press the button of the provider's page."""
        return self.buyer.send(payment.url, "stripe-pay", card=VISA, action="pay")

    def hand_over(self) -> None:
        """The seller prints the label and hands the parcel over; the carrier scans it."""
        self.seller.until(f"/sell/sales/{self.order}", "Pack it and hand it over")
        label = self.seller.get(f"/sell/sales/{self.order}/label.pdf")
        assert label.body.startswith(b"%PDF"), label.body[:200]
        found = await_letter(self.column.letters, self.seller_email, r"label")
        assert found
        self.tracking = self._tracking_number()
        self.say(f"the label is bought: {self.tracking}")
        self._carry("TRANSIT")
        self.buyer.until(f"/orders/{self.order}", "On its way to you")
        self.say("the carrier has scanned it")

    def deliver(self) -> None:
        """The window opens with the letter that says so: whoever moves the clock on before moves the window too."""
        self._carry("DELIVERED")
        self.buyer.until(f"/orders/{self.order}", "Answer by")
        noted = "SELECT delivery_mail_at IS NOT NULL FROM orders WHERE number = :number"
        until(lambda: bool(self.column.ask(noted, number=self.order)), "the letter of the delivery has left")
        self.say("delivered; the buyer has three days")

    def let_the_window_pass(self) -> None:
        """Business time moves on; nobody says anything."""
        self.buyer.send("/sandbox/clock", "clock", advance="10d")
        self.buyer.until_state(f"/orders/{self.order}", "settled")
        self.say("the window has passed in silence")

    def receive_the_card(self) -> None:
        self.code = await_letter(self.column.letters, self.seller_email, CODE)[0]
        self.say("the seller has the gift card's code by mail")

    def spend_the_card(self) -> None:
        """A till of the issuer's takes all the card holds."""
        spent = {"code": self.code, "amount": SHARE, "currency": "USD", "reference": f"receipt {self.number}"}
        answer = self._at_the_till(spent)
        assert answer.status_code == 201, answer.text
        again = self._at_the_till({**spent, "amount": 1, "reference": "one more cent"})
        assert again.status_code >= 400, "the card is empty"
        self.say(f"a till took ${SHARE / 100:.2f}, and no cent more")

    def _at_the_till(self, spent: dict[str, Any]) -> requests.Response:
        token, key = self.column.issuer_token, f"{self.number}-{spent['amount']}"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        where = f"{self.column.address('gift_cards')}/api/v1/gift-cards/redemptions"
        return requests.post(where, json=spent, headers=headers, timeout=TIMEOUT)

    def _tracking_number(self) -> str:
        """As the carrier knows it: a label bears the order's number."""
        known: Any = self.column.steer("shippo", "parcels")
        return str(next(one["tracking_number"] for one in reversed(known) if self.order in one["metadata"]))

    def _carry(self, status: str) -> None:
        told: Any = {}
        until(lambda: self._tell(status, told), f"the shop hears of {status}: {told}")

    def _tell(self, status: str, told: Any) -> bool:
        """A carrier tells again what was not answered with 200."""
        told |= self.column.steer("shippo", f"parcels/{self.tracking}", {"status": status})
        return bool(told["shop_answered"] == 200)


def import_purchases(column: Column, sales: Sequence[Sale]) -> str:
    """The brand's purchase file comes in, as an operator does it; returns the command's last line."""
    file = column.folder / f"purchases-{sales[0].number}.csv"
    file.write_text(as_csv([sale.purchase() for sale in sales]), encoding="utf-8")
    return column.flask("purchases", "import", str(file)).stdout.strip()


def a_reviewer(column: Column, say: Callable[[str], None], email: str = "rae@example.com") -> Visitor:
    """Somebody who reviews."""
    return a_clerk(column, say, email, ["reviewer"], "/desk/review")


def a_clerk(column: Column, say: Callable[[str], None], email: str, roles: Sequence[str], desk: str) -> Visitor:
    """A member of staff at this page of the desk, signed in with the second factor that the sandbox shows."""
    column.flask("staff", "add", email, *(word for role in roles for word in ("--role", role)))  # one letter, one link
    visitor = Visitor(column.url, patience=60)
    link = await_letter(column.letters, email, r"/join/confirm/[\w-]+")[0]
    visitor.send(link, "finish-joining", name="Rae Viewer", password=PASSWORD)
    shown = visitor.get("/totp")
    code = re.search(r"\b\d{6}\b", shown.words)
    assert code, shown.words
    visitor.send("/totp", "totp", code=code[0])
    assert visitor.get(desk).status == 200
    say(f"{email} has signed in as {' and '.join(roles)}, with a second factor")
    return visitor
