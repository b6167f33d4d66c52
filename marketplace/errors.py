"""What the product refuses, in words a person can use."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l


class Refusal(Exception):
    """A move the shop does not allow. ``message`` is shown to the person; ``status`` is the HTTP answer.

    ``way_on`` is the address of the page where it can be tried anew, where there is one.
    """

    message: str = _l("That is not possible right now.")
    status: int = 409
    way_on: str | None = None

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)
        if message is not None:
            self.message = message


class NotFound(Refusal):
    """Not there, or not this person's: the two look the same from outside."""

    message = _l("There is nothing at this address.")
    status = 404


class LostRace(Refusal):
    """Someone else changed the record first; nothing of this attempt was kept."""

    message = _l("This changed while you were looking at it. Nothing was done; look again.")


class ProgrammingError(Exception):
    """The code broke a promise of the core: never shown, always logged."""
