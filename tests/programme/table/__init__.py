"""The rows of the table, section by section of the policy."""

from tests.programme.rows import Row
from tests.programme.table import identity, market, pieces, sale

ROWS: list[Row] = [*identity.ROWS, *market.ROWS, *pieces.ROWS, *sale.ROWS]
