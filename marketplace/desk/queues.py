"""What waits at the desk besides alarms: the queues this programme has, with where each is worked off."""

from __future__ import annotations

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.buybacks import finding
from marketplace.buybacks.states import BuybackState
from marketplace.database import db
from marketplace.desk import intake_kinds
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.payouts import runs
from marketplace.permissions import page_if_open
from marketplace.programme import versions

Queue = tuple[str, str | None]  # its length in words, and its page where this person may open it


def waiting() -> list[Queue]:
    """Every queue of the policy's modes, the empty ones too: that nothing waits is an answer."""
    modes = versions.current().policy.modes
    found = [_review()] if modes.peer_to_peer or not modes.has_sellers else []
    if modes.consignment.is_on or modes.buyback.is_on:
        found += _intake()
    if modes.buyback.is_on:
        found.append(_quotes())
    payouts = page_if_open("desk_payouts.due")
    if payouts and versions.current().policy.payout.pays_in("cash"):
        found.append((_transfers(runs.count_due()), payouts))
    return found


def next_page(queues: list[Queue]) -> tuple[str, str]:
    """The label and the address of the one button where no alarm is open."""
    review = page_if_open("review.queue")
    if review is not None and versions.current().policy.modes.peer_to_peer:
        return _("Open the review queue"), review
    intake = page_if_open("intake.scan") if any(href for _words, href in queues) else None
    return (_("Open the intake"), intake) if intake else (_("Look an order up"), url_for("desk_orders.search"))


def _review() -> Queue:
    submitted = sa.select(sa.func.count()).select_from(Listing).where(Listing.state == ListingState.SUBMITTED)
    count = db.session.scalar(submitted) or 0
    words = ngettext("%(num)s listing waits for review", "%(num)s listings wait for review", count)
    return words, page_if_open("review.queue")


def _intake() -> list[Queue]:
    page = page_if_open("intake.scan")
    examine, answer, back = (len(intake_kinds.waiting(name)) for name in ("examine", "answer", "back"))
    return [
        (ngettext("%(num)s piece to examine", "%(num)s pieces to examine", examine), page),
        (ngettext("%(num)s owner's price to answer", "%(num)s owners' prices to answer", answer), page),
        (ngettext("%(num)s piece to send back", "%(num)s pieces to send back", back), page),
    ]


def _quotes() -> Queue:
    count = len(finding.waiting_in(BuybackState.SUBMITTED, BuybackState.HOPED))
    words = ngettext("%(num)s quote to make or answer", "%(num)s quotes to make or answer", count)
    return words, page_if_open("desk_quotes.quotes")


def _transfers(count: int) -> str:
    return str(ngettext("%(num)s bank transfer is due", "%(num)s bank transfers are due", count))
