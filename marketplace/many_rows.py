"""Many rows at once: asked for by many keys, or inserted by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from marketplace.database import Base, db, dump_json, insert_new

FEW = 10  # up to so many rows a parameter for each value costs less


def among(column: Any, keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    """``column IN (keys)``; one parameter where the database takes lists, since to read a thousand costs the most."""
    if db.session.get_bind().dialect.name == "sqlite":
        return column.in_(keys)  # type: ignore[no-any-return]
    return column == sa.any_(sa.literal(list(keys), postgresql.ARRAY(column.type)))  # type: ignore[no-any-return]


def bound_among(column: Any, name: str, dialect: str) -> sa.ColumnElement[bool]:
    """The same for a statement that is made once: the keys are bound as ``name`` where it is run."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))  # type: ignore[no-any-return]
    return column.in_(sa.bindparam(name, expanding=True, type_=column.type))  # type: ignore[no-any-return]


def insert_all(
    model: type[Base], rows: Sequence[Mapping[str, Any]], *, returning: Any = None, new: bool = False
) -> Any:
    """Insert rows of the same columns with one statement.

    Returns what ``returning`` asks of each row, in the order given. ``new`` leaves rows standing that a unique key has
    already. PostgreSQL gets the rows as one document: parsing thousands of parameters costs more than their insert.
    """
    insert: Any = insert_new(model) if new else sa.insert(model)
    if len(rows) <= FEW or db.session.get_bind().dialect.name == "sqlite":
        if returning is None:
            db.session.execute(insert, list(rows))
            return []
        return db.session.scalars(insert.returning(returning, sort_by_parameter_order=True), list(rows)).all()
    columns = [sa.column(name, model.__table__.c[name].type) for name in rows[0]]
    document = sa.cast(sa.literal(_document(columns, rows), sa.Text), sa.JSON)
    given = sa.func.json_to_recordset(document).table_valued(*columns, name="given").render_derived(with_types=True)
    insert = insert.from_select(list(rows[0]), sa.select(given))
    if returning is None:
        db.session.execute(insert)
        return []
    # A function's rows are numbered as they come, so the keys ascend in the order given.
    primary_key: Any = model.__table__.c.id
    return [row[1] for row in sorted(db.session.execute(insert.returning(primary_key, returning)), key=itemgetter(0))]


def _document(columns: Sequence[sa.ColumnClause[Any]], rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows in JSON; bytes are written as PostgreSQL reads them."""
    for name in [column.name for column in columns if isinstance(column.type, sa.LargeBinary)]:
        rows = [{**row, name: row[name] and f"\\x{row[name].hex()}"} for row in rows]
    return dump_json(rows)
