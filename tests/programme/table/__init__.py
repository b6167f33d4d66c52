"""The rows of the table, section by section of the policy."""

from tests.programme.rows import Row
from tests.programme.table import identity

ROWS: list[Row] = [*identity.ROWS]
