"""Letters over SMTP: one conversation a letter, and no doubt left about whether the server has it.

Up to the letter's last line nothing has been handed over, so any trouble means *not done*. Once that line is out and no
answer comes, it may have been: the outbox tries again, and the ``Message-ID``, made from the row's key, tells the
mailbox that it is the same letter. Letters that nobody has to get say in their head how to stop them (RFC 8058).
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from marketplace import clock
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.mail.letters import Letter
from marketplace.mail.outgoing import Attachment
from marketplace.mail_server import MailServer, address_of

# What a 5xx says of us and not of the address: sign in first, no relaying, not allowed, wrong order of commands.
_OUR_FAULT = {500, 501, 502, 503, 504, 530, 534, 535, 538}
_POLICY = re.compile(rb"^5\.7\.")


class _Policy(EmailPolicy):
    """The library breaks long lines, and encodes what it cannot break: an address must stay as it is."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name == _STOP:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_STOP = "List-Unsubscribe"
_AS_SENT = _Policy(linesep="\r\n")


class SmtpPostRoom:
    """Hands letters to the mail server of ``MAIL_URL``."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._from = address_of(server.sender)

    def hand_over(self, *, key: str, message: str, to: str, letter: Letter, attachment: Attachment | None) -> bool:
        if not _is_address(to):
            return False  # nobody is there; line breaks in it never reach the server (fault X06)
        written = self._write(key, message, to, letter, attachment).as_bytes()
        began = time.monotonic()
        with self._conversation() as server:
            if not _addressed(server, self._from, to):
                return False
            if time.monotonic() - began > 5 * self._server.timeout:
                raise NotDone("the mail server is too slow to be told a whole letter now")
            return _taken(server, written, patience=4 * self._server.timeout)

    def trouble(self) -> str:
        """Why no letter could be handed over right now; empty where one could."""
        try:
            with self._conversation() as server:
                server.noop()
        except NotDone as trouble:
            return str(trouble)
        return ""

    def _write(self, key: str, message: str, to: str, letter: Letter, attachment: Attachment | None) -> EmailMessage:
        written = EmailMessage(policy=_AS_SENT)
        written["From"] = self._server.sender
        written["To"] = to
        written["Subject"] = letter.subject
        written["Date"] = format_datetime(clock.wall())
        written["Message-ID"] = message_id(key, self._from)
        written["Auto-Submitted"] = "auto-generated"
        written["X-Message"] = message
        if letter.stop_url:
            written[_STOP] = f"<{letter.stop_url}>"
            written["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        written.set_content(letter.text, cte="quoted-printable")
        written.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if attachment is not None:
            written.add_attachment(attachment.content, maintype="application", subtype="pdf", filename=attachment.name)
        return written

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """A server that has greeted us and knows us; raises ``NotDone`` where it cannot be had."""
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as trouble:
            raise NotDone(f"no connection to the mail server: {_said(trouble)}") from None
        try:
            self._introduce(server)
        except (OSError, smtplib.SMTPException) as trouble:
            server.close()
            raise NotDone(f"the mail server does not let us in: {_said(trouble)}") from None
        try:
            yield server
            _part(server)
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        settings = self._server
        # A name of our own for the greeting: the library would ask the resolver for one.
        ours = self._from.rpartition("@")[2]
        if settings.lock == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.host, settings.port, ours, timeout=settings.timeout, context=context)
        return smtplib.SMTP(settings.host, settings.port, ours, timeout=settings.timeout)

    def _introduce(self, server: smtplib.SMTP) -> None:
        settings = self._server
        server.ehlo_or_helo_if_needed()
        if settings.lock == "starttls" or (settings.lock == "offered" and server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if settings.user and server.has_extn("auth"):  # who does not offer it, cannot be told a password
            server.login(settings.user, settings.password)


def message_id(key: str, sender: str) -> str:
    """The same for the same row, however often it is tried; what the key holds cannot be read from it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2].strip('[]')}>"


def _is_address(to: str) -> bool:
    try:
        return Address(addr_spec=to).addr_spec.isascii()
    except (HeaderParseError, ValueError, IndexError):
        return False


def _addressed(server: smtplib.SMTP, sender: str, recipient: str) -> bool:
    """Say from whom and to whom. False where the address refuses mail for good."""
    try:
        _accepted(server.mail(sender), "MAIL")
        code, words = server.rcpt(recipient)
    except (OSError, smtplib.SMTPException) as trouble:
        raise NotDone(f"the mail server broke off: {_said(trouble)}") from None
    if _is_refusal(code, words):
        return False
    _accepted((code, words), "RCPT")
    return True


def _taken(server: smtplib.SMTP, written: bytes, *, patience: float) -> bool:
    """Hand the letter itself over; ``patience`` is how many seconds its reading may take there."""
    if server.sock is not None:
        server.sock.settimeout(patience)
    try:
        code, words = server.data(written)
    except smtplib.SMTPDataError as refused:
        raise NotDone(f"the mail server wants no letter now: {refused.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as trouble:
        raise OutcomeUnknown(f"no answer to the letter: {_said(trouble)}") from None
    if _is_refusal(code, words):
        return False
    _accepted((code, words), "DATA")
    return True


def _part(server: smtplib.SMTP) -> None:
    """Say goodbye. What the server answers changes nothing about what it has taken, so nobody waits for it long."""
    if server.sock is not None:
        server.sock.settimeout(1)
    with suppress(OSError, smtplib.SMTPException):
        server.quit()


def _accepted(answer: tuple[int, bytes], step: str) -> None:
    code, words = answer
    if code not in {250, 251}:
        raise NotDone(f"{step} answered {code} {words[:200].decode(errors='replace')}")


def _is_refusal(code: int, words: bytes) -> bool:
    """Whether the answer speaks of the address, for good: another try would end the same way."""
    return 500 <= code < 600 and code not in _OUR_FAULT and not _POLICY.match(words)


def _said(trouble: Exception) -> str:
    """What happened, without what was sent: no letter and no password."""
    code = getattr(trouble, "smtp_code", "")
    return f"{type(trouble).__name__} {code}".strip()
