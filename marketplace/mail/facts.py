"""News from the post room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MailHandedOver:
    """A message has left the house. ``message`` is its name, the subject is the record it is about."""

    message: str
    subject_type: str
    subject_id: int
    at: datetime


@dataclass(frozen=True)
class MailBounced:
    """A message could not be delivered to its address."""

    message: str
    subject_type: str
    subject_id: int
    at: datetime
