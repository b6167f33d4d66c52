"""E-mails and passwords as they are kept."""

from __future__ import annotations

import pytest

from marketplace.people import passwords
from marketplace.people.emails import EmailRefused, clean_email, limit_key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada.Quill+bags@Example.COM ", "ada.quill+bags@example.com"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada@velorne.test", "ada@velorne.test"),
    ],
)
def test_an_email_has_one_spelling(typed: str, kept: str) -> None:
    assert clean_email(typed) == kept


@pytest.mark.fault("X06")
@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@b.com", "a@b", "a@localhost", "a b@example.com", "a@example.com\nBcc: b@c.de",
     "a\x00@example.com", "a@exam\u202eple.com", "\ud800@example.com", "а\u0434\u0430@example.com",
     "a" * 300 + "@example.com"],
)  # fmt: skip
def test_what_mail_cannot_reach_is_refused(typed: str) -> None:
    with pytest.raises(EmailRefused):
        clean_email(typed)


@pytest.mark.fault("P08")
def test_every_spelling_of_a_mailbox_has_one_key() -> None:
    spellings = [
        "ada.quill@example.com",
        "AdaQuill@Example.com",
        "a.d.a.q.u.i.l.l+1@example.com",
        " adaquill+x+y@example.com. ",
    ]

    assert {limit_key(spelling) for spelling in spellings} == {"adaquill@example.com"}
    assert limit_key("ada@example.org") != limit_key("ada@example.com")
    assert len(limit_key("x" * 10_000_000)) <= 260


def test_a_password_is_kept_as_argon2id_with_a_salt() -> None:
    one, other = (passwords.hashed("a long enough phrase") for _ in range(2))

    assert one.startswith("$argon2id$")
    assert one != other
    assert passwords.fits(one, "a long enough phrase")
    assert not passwords.fits(one, "a long enough phrasE")


def test_a_password_fits_however_its_accents_are_typed() -> None:
    assert passwords.fits(passwords.hashed("caf\u00e9 au lait, please"), "cafe\u0301 au lait, please")


@pytest.mark.fault("P07")
def test_comparing_with_nothing_costs_what_comparing_costs() -> None:
    """The stand-in has the cost of a real hash, so that both take the same time; nothing ever fits it."""
    assert not passwords.HASHER.check_needs_rehash(passwords._NOBODYS)
    assert not passwords.fits(None, "anything at all, really")
    assert not passwords.fits("not a hash", "anything at all, really")
