"""The sandbox's mailbox: every message the shop sent, readable at ``/sandbox/mail``."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Model


class SandboxMail(Model):
    """One message as it left the house. It stands for the outside: nothing in the shop reads it."""

    __tablename__ = "sandbox_mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)  # the Message-ID: the same message arrives once
    message: Mapped[str] = mapped_column(sa.String(60))
    recipient: Mapped[str] = mapped_column(sa.String(254), index=True)
    subject: Mapped[str] = mapped_column(sa.String(250))
    html: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    attachment_name: Mapped[str | None] = mapped_column(sa.String(80))
    attachment: Mapped[bytes | None] = mapped_column(deferred=True)
    sent_at: Mapped[datetime]
