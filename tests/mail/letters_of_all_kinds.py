"""Every letter of the shop, written from the same few facts in each language it speaks.

The committed copies lie in ``letters/``, one file a kind: the text in every language, then the page in English without
the head, which is the same in all. Written anew by ``LETTERS=write pytest tests/mail/test_letters.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import LazyString, gettext

from marketplace.mail.letters import Letter, compose, in_words
from marketplace.money import Money
from marketplace.presentation import deadline
from marketplace.programme.language import speaking

COMMITTED = Path(__file__).with_name("letters")
LANGUAGES = ("en", "de", "es")
SHOP = "https://shop.example"


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


def november(day: int) -> datetime:
    return datetime(2026, 11, day, 17, 5, tzinfo=UTC)


def _standing() -> str:
    lead = gettext("Waiting for %(who)s until %(when)s.", who="the seller", when=deadline(november(23)))
    return f"{lead} We decide on what we have."


MOMENTS = {
    "appeals": november(29),
    "cancels_at": november(26),
    "due": november(23),
    "review_by": november(19),
    "ship_by": november(20),
    "until": november(24),
    "usable_from": november(25),
    "window_closes": november(27),
}
FACTS: dict[str, Any] = {
    **MOMENTS,
    "amount": dollars(196),
    "automatically": False,
    "before": dollars(245),
    "back": dollars(40),
    "bonus": "",
    "by_card": dollars(245),
    "by_credit": "",
    "carrier": "USPS",
    "case": "D2Q7M4X1K",
    "claim": "Its condition is not as described",
    "clears": "The seller's first three sales have been confirmed.",
    "code": "7Q2M-4XK1-9RTB-H3ND",
    "count": 2,
    "counterfeit": False,
    "drop_off": "Hand the parcel in at any US post office.",
    "fraud": False,
    "fee": dollars(15),
    "fee_back": "",
    "form": "Store credit",
    "label": "Totes: navy",
    "last_four": "3000",
    "left": dollars(60),
    "lines": [["Marlow tote", dollars(245)]],
    "listed": dollars(245),
    "now": dollars(208),
    "number": "R7K2M9Q4X",
    "offered": dollars(24),
    "owed": "",
    "packing": ["Empty every pocket.", "Fill the piece so that it keeps its shape."],
    "pause": "",
    "payout": dollars(188),
    "pieces": [["Marlow tote, navy", dollars(245)], ["Rowan satchel, navy", dollars(180)]],
    "place": "Velorne Old Mill",
    "price": dollars(236),
    "proposed": dollars(210),
    "quoted": dollars(260),
    "reason": "The mark at the corner is not among the flaws of the listing.",
    "refunded": dollars(24),
    "remedy": "Part of the price is refunded",
    "rule": "As described",
    "rule_text": "A piece arrives in the condition that its listing states.",
    "sale": "R4T6Y8U2J",
    "side": "buyer",
    "standing": LazyString(_standing),
    "taken": "",
    "then": dollars(160),
    "title": "Marlow tote",
    "to_card": dollars(245),
    "to_credit": "",
    "titles": ["Marlow tote", "Rowan satchel"],
    "total": dollars(245),
    "transfer": "N7K2M9Q4XAB",
    "tracking_number": "9400111899223197428490",
    "which": "ship_by",
    "why": "It is this seller's first sale.",
    "wish": "Send it back for a refund",
    "words": "The bank was not persuaded by the delivery record.",
}
ADDRESSES = (
    *("bank", "check", "credit", "drop_off", "first", "help", "label", "link", "listing", "offer"),
    *("page", "payouts", "pickup", "piece", "places", "reset", "sale", "shop", "sign_in", "stop", "wardrobe"),
)
# What can be stopped by one press is told how; the others come whatever one chooses.
STOPPABLE = {"price_lowered", "search_found", "listing_live", "listing_submitted"}
# Kinds that say something else in other circumstances: by the name of the copy, what is different.
OTHERWISE: dict[str, dict[str, Any]] = {
    "consigned_stepped.last": {"due": "", "then": ""},
    "consigned_lost.fee": {"fee_back": dollars(15), "by_card": False},
    "consigned_lost.fee_by_card": {"fee_back": dollars(15), "by_card": True},
    "credit_ready.bonus": {"bonus": dollars(20)},
    "checkout_paid.ours": {"ours": True},
    "checkout_paid.credit": {"by_card": dollars(185), "by_credit": dollars(60)},
    "confirmed.by_silence": {"automatically": True},
    "deadline_extended.window": {"which": "window"},
    "delivered.ours": {"ours": True},
    "deadline_extended_seller.window": {"which": "window"},
    "dispute_agreed.over": {"standing": ""},
    "dispute_decided.appeal": {"appeals": "", "standing": ""},
    "dispute_decided.counterfeit": {"counterfeit": True},
    "dispute_new_date.paused": {"pause": "The workshop looks at the photos until then."},
    "dispute_opened.seller": {"side": "seller"},
    "dispute_returned.seller": {"side": "seller"},
    "payout_covered.all": {"left": "", "owed": dollars(40)},
    "sold.ours": {"supply": True, "sale_url": f"{SHOP}/desk/orders/R7K2M9Q4X"},
    "payment_returned.credit": {"to_card": dollars(185), "to_credit": dollars(60)},
    "refunded.credit": {"to_card": dollars(185), "to_credit": dollars(60)},
    "refunded_late.credit": {"to_card": dollars(30), "to_credit": dollars(10)},
    "refunded_late_seller.fraud": {"taken": dollars(40), "fraud": True},
    "refunded_late_seller.taken": {"taken": dollars(40), "owed": dollars(20)},
    "search_found.one": {"count": 1, "pieces": FACTS["pieces"][:1]},
}


def kinds() -> list[str]:
    """Every kind of letter there is a template for."""
    return sorted(name.split("/")[1] for name in current_app.jinja_env.list_templates() if name.startswith("mail/"))


def written() -> Iterator[tuple[str, str, Letter]]:
    """The name, the language and the letter, of every kind in every language."""
    for name in sorted([*kinds(), *OTHERWISE]):
        message = name.partition(".")[0]
        for language in LANGUAGES:
            with speaking(language):
                yield name, language, compose(message, _facts(message, OTHERWISE.get(name, {})))


def _facts(message: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    addresses = {f"{name}_url": f"{SHOP}/{name}" for name in ADDRESSES if name != "stop" or message in STOPPABLE}
    return {**addresses, **in_words({**FACTS, **otherwise})}


def copy_of(letters: dict[str, Letter]) -> str:
    """What is committed of one kind: the letters by their language."""
    texts = [f"=== {language}: {letter.subject}\n\n{letter.text.strip()}\n" for language, letter in letters.items()]
    page = letters["en"].html.partition("<body>")[2].partition("</body>")[0]
    lines = (line.strip() for line in page.splitlines())
    return "\n".join([*texts, "=== en, as a page\n", *(line for line in lines if line), ""])
