"""A shop whose taxes Stripe works out, and what Stripe's books then say."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.orders.stripe_tax import StripeTax
from marketplace.payments.stripe_api import StripeAPI
from tests.doubles.stripe import KEY, StripeDouble

UNPAID = (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED)


def adapter_of(double: StripeDouble) -> StripeTax:
    """The adapter that asks ``double``: one try a call, so that each planned fault is felt."""
    return StripeTax(StripeAPI(KEY, api_base=double.url, timeout=(2, 2), pauses=()))


def taxed_by(double: StripeDouble, shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shop ask ``double`` for its taxes until the test is over."""
    monkeypatch.setitem(shop.extensions, "tax", adapter_of(double))


def assert_tax_books_agree(double: StripeDouble) -> None:
    """Each paid order is one sale there; what was not given back of its tax is what the books there still hold."""
    assert double.violations == []
    db.session.expire_all()
    orders = db.session.scalars(sa.select(Order).where(Order.state.not_in(UNPAID))).all()
    here = {order.number: order.tax_minor - order.refunded_tax_minor for order in orders}
    assert double.tax_left == here
