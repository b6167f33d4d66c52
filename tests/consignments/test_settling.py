"""Sales of consigned pieces that settle together: each owner is owed, and nobody is asked for one order at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from marketplace import clock
from marketplace.consignments.states import PieceState
from marketplace.database import db, unit_of_work
from marketplace.orders import settling
from tests.consignments import steps
from tests.statements import statements


def test_each_owner_of_a_batch_is_owed_and_consignments_look_for_its_pieces_once(
    app: Flask, advance: Callable[..., datetime]
) -> None:
    steps.open_for_consigning()
    pieces = [steps.live(minor=minor) for minor in (30_000, 50_000)]
    orders = [steps.bought(piece).id for piece in pieces]
    advance(days=3, minutes=1)
    with statements() as said, unit_of_work():
        settling.sweep_confirmations(orders, clock.now())

    db.session.expire_all()
    assert [piece.state for piece in pieces] == [PieceState.PAYABLE, PieceState.PAYABLE]
    first, second = (piece.owed_minor or 0 for piece in pieces)
    assert 0 < first < second
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == first + second
    assert len([asked for asked in said if "consigned_pieces.order_id" in asked.partition("WHERE")[2]]) == 1
