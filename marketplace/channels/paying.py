"""A marketplace pays: what it owed for the sales on its statement is settled, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.channels import accounting
from marketplace.channels.models import ChannelSale
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.ledger import post
from marketplace.money import Money, format_money
from marketplace.people.models import Person


class NothingDue(Refusal):
    message = _l("Choose the sales that were paid for, all of one marketplace.")
    status = 422


class SumDiffers(Refusal):
    """What arrived is not what the chosen sales add up to."""

    status = 422


def owing() -> Sequence[ChannelSale]:
    """The sales for which something is owed, by the marketplace or to it, by marketplace and the oldest first."""
    due = sa.select(ChannelSale).where(ChannelSale.due_minor != 0)
    return db.session.scalars(due.order_by(ChannelSale.outlet, ChannelSale.id)).all()


def receive(numbers: Sequence[str], amount: Money, *, by: Person, at: datetime) -> None:
    """Book one payment for these sales: Dr clearing, Cr channel receivable, sale by sale (channel_paid).

    What a marketplace takes back for a returned sale lowers the sum. Raises ``NothingDue`` or ``SumDiffers``.
    """
    chosen = sa.select(ChannelSale).where(ChannelSale.number.in_(numbers), ChannelSale.due_minor != 0)
    sales = db.session.scalars(
        chosen.order_by(ChannelSale.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    if len(sales) != len(set(numbers)) or len({(sale.outlet, sale.currency) for sale in sales}) != 1:
        raise NothingDue()
    owed = sum((sale.due for sale in sales), Money.zero(sales[0].currency))
    if owed != amount:
        raise SumDiffers(_("The chosen sales add up to %(sum)s.", sum=format_money(owed)))
    for sale in sales:
        event = events.record(sale, "receive", by=by, at=at, minor=sale.due_minor)
        post(accounting.paid(sale, event, at))
        sale.due_minor = 0
