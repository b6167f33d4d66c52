"""E-mail addresses as this shop keeps them: one spelling each, in lower case."""

from __future__ import annotations

from functools import lru_cache

import wtforms
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from marketplace.errors import Refusal
from marketplace.text import printable

LONGEST = 254  # RFC 5321


class EmailRefused(Refusal):
    """The text is not an address mail can be sent to."""

    message = _l("Enter an e-mail address like name@example.com.")
    status = 422


@lru_cache(maxsize=8192)
def clean_email(value: str) -> str:
    """The address in lower case, its domain in ASCII; raises ``EmailRefused``.

    Nobody's mail server is asked. Line breaks, control characters and other scripts before the @ are refused (X06).
    """
    plain = value.strip(" ")
    if len(plain) > LONGEST:
        raise EmailRefused()
    try:
        found = validate_email(plain, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise EmailRefused() from None
    return (found.ascii_email or found.normalized).lower()


def limit_key(typed: str) -> str:
    """One key for every spelling that reaches the same mailbox: no dots, no ``+tag``, no case (fault P08)."""
    name, _, domain = typed.strip().lower()[:LONGEST].rpartition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain.rstrip('.')}"


class EmailAddress:
    """A WTForms validator: the field's address in the spelling this shop keeps."""

    def __init__(self) -> None:
        self.field_flags = {"required": True, "maxlength": LONGEST}

    def __call__(self, _form: wtforms.Form, field: wtforms.Field) -> None:
        try:
            field.data = clean_email(field.data or "")
        except EmailRefused as refusal:
            field.data = printable(field.data)
            raise StopValidation(str(refusal.message)) from refusal
