"""From when on, and how well, a seller has to have done for a shopper to be told of it."""

from __future__ import annotations

from marketplace.orders.seller_record import SellerRecord
from marketplace.programme import versions
from tests.programme.rows import Row, Scene

PAGE = "/help/who-can-buy"


def told_from_the_first_sale(scene: Scene) -> None:
    telling = versions.current().policy.seller_record
    assert SellerRecord(1, 1, 1, 1).is_as_described(telling)
    assert SellerRecord(1, 1, 1, 1).is_on_time(telling)
    assert not SellerRecord(0, 0, 0, 0).is_as_described(telling)


def half_as_described_is_told(scene: Scene) -> None:
    telling = versions.current().policy.seller_record
    assert not SellerRecord(10, 4, 10, 10).is_as_described(telling)
    assert SellerRecord(10, 5, 10, 10).is_as_described(telling)


def half_on_time_is_told(scene: Scene) -> None:
    telling = versions.current().policy.seller_record
    assert not SellerRecord(10, 10, 10, 4).is_on_time(telling)
    assert SellerRecord(10, 10, 10, 5).is_on_time(telling)


ROWS = [
    Row("seller_record.min_sales", 1, told_from_the_first_sale, page=PAGE, says="has made 1 sale here"),
    Row(
        "seller_record.as_described_basis_points",
        5000,
        half_as_described_is_told,
        page=PAGE,
        says="where it was 50% of them",
    ),
    Row("seller_record.on_time_basis_points", 5000, half_on_time_is_told, page=PAGE, says="where 50% did"),
]
