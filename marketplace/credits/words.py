"""The states of a gift card as people read them."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.credits.cards import CardState

CARD_STATES: dict[CardState, LazyString] = {
    CardState.ACTIVE: _l("Ready to spend"),
    CardState.SPENT: _l("Spent"),
    CardState.VOIDED: _l("Closed"),
}
CARD_TONES: dict[CardState, str] = {CardState.ACTIVE: "ok", CardState.SPENT: "plain", CardState.VOIDED: "plain"}
