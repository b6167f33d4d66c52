"""Published versions of the programme's policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import JSONDocument, Model


class ProgrammeVersion(Model):
    """A policy as it was published: written once, never changed. The one with the highest number is in force.

    ``content_hash`` is the SHA-256 of the policy. It is not unique: going back to an earlier policy is a new version.
    """

    __tablename__ = "programme_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    schema: Mapped[int]
    content_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONDocument, deferred=True)
    published_at: Mapped[datetime]
