"""Letters over SMTP, to a mail server that really listens: whole, once, and never with more than was meant."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.mail.letters import Letter
from marketplace.mail.outgoing import Attachment
from marketplace.mail.smtp import SmtpPostRoom, message_id
from marketplace.mail_server import MailServer, read_mail_url
from tests.doubles.mail import LOST, SILENCE, MailDouble

LETTER = Letter("Your piece is sold – hurrah", "<p>Grüße &amp; thanks</p>", "Grüße & thanks\n.\nnot the end")
PASSWORD = "correct horse/battery@staple"


@pytest.fixture
def post() -> Iterator[MailDouble]:
    with MailDouble() as running:
        yield running


def room(post: MailDouble, **changes: object) -> SmtpPostRoom:
    server = MailServer("127.0.0.1", post.port, "none", "Preloved <shop@shop.example>", timeout=0.4)
    return SmtpPostRoom(replace(server, **changes))  # type: ignore[arg-type]


def send(room: SmtpPostRoom, *, to: str = "ada@example.com", key: str = "mail:sold:1", **more: object) -> bool:
    sent = {"key": key, "message": "sold", "to": to, "letter": LETTER, "attachment": None, **more}
    return room.hand_over(**sent)  # type: ignore[arg-type]


def test_a_letter_arrives_as_page_and_as_text_with_its_file(post: MailDouble) -> None:
    assert send(room(post), attachment=Attachment("shipping-label.pdf", b"%PDF-1.7\r\n\x00\xff")) is True
    [letter], [envelope] = post.letters, post.envelopes
    assert envelope == ("shop@shop.example", ["ada@example.com"])
    assert (letter["From"], letter["To"], letter["Subject"]) == (
        "Preloved <shop@shop.example>",
        "ada@example.com",
        LETTER.subject,
    )
    assert letter["Date"].datetime.tzinfo is not None
    assert letter["Auto-Submitted"] == "auto-generated"
    body, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert body.get_content().splitlines() == LETTER.text.splitlines()
    assert page.get_content().strip() == LETTER.html
    [file] = letter.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("shipping-label.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1.7\r\n\x00\xff"


def test_a_letter_that_can_be_stopped_says_so_to_the_mail_program_and_no_other_does(post: MailDouble) -> None:
    """RFC 8058: one address, as it is; mail programs do not decode this line, however long it is."""
    stop = f"https://shop.example/letters/stop/{'WzEsInNlYXJjaDo3Il0.' * 6}c2lnbmVk"
    send(room(post), letter=replace(LETTER, stop_url=stop))
    send(room(post))
    stoppable, other = (dict(letter.raw_items()) for letter in post.letters)
    assert stoppable["List-Unsubscribe"].strip() == f"<{stop}>"
    assert stoppable["List-Unsubscribe-Post"].strip() == "List-Unsubscribe=One-Click"
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(other)


def test_the_same_row_is_the_same_letter_and_another_row_another(post: MailDouble) -> None:
    for key in ("mail:sold:1", "mail:sold:1", "mail:sold:2"):
        send(room(post), key=key)
    first, again, other = (letter["Message-ID"] for letter in post.letters)
    assert first == again == message_id("mail:sold:1", "shop@shop.example")
    assert other != first
    assert "sold" not in first


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 nobody of that name", "553 no such mailbox", "552 5.2.2 mailbox full", "554 no"]
)
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_an_address_that_refuses_for_good_is_a_bounce(post: MailDouble, step: str, answer: str) -> None:
    post.plan(step, answer)
    assert send(room(post)) is False
    assert post.letters == []


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "451 try later"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("RCPT", "450 4.2.1 greylisted"),
        ("RCPT", "550 5.7.1 relaying denied"),
        ("DATA", "452 no room"),
        ("DATA", "554 5.7.1 policy"),
        ("RCPT", LOST),
        ("RCPT", SILENCE),
    ],
)
def test_trouble_that_is_not_the_addresss_is_tried_again_later(post: MailDouble, step: str, answer: str) -> None:
    post.plan(step, answer)
    with pytest.raises(NotDone):
        send(room(post))
    assert post.letters == []
    assert send(room(post)) is True


def test_a_server_that_is_away_is_tried_again_later(post: MailDouble) -> None:
    post.stop()
    with pytest.raises(NotDone, match="no connection"):
        send(room(post))
    assert room(post).trouble()
    post.start()
    assert (room(post).trouble(), send(room(post))) == ("", True)


@pytest.mark.parametrize("how", [LOST, SILENCE])
def test_a_letter_whose_answer_is_lost_may_have_been_taken(post: MailDouble, how: str) -> None:
    post.plan("DATA", how)
    with pytest.raises(OutcomeUnknown):
        send(room(post, timeout=0.1))
    assert len(post.letters) == 1


def test_a_server_that_hangs_up_instead_of_a_farewell_has_the_letter_all_the_same() -> None:
    """A trouble after the answer must not send the letter again."""
    listening = socket.create_server(("127.0.0.1", 0))

    def converse() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb") as line:
            for answer in (b"220 hello", b"250 ehlo", b"250 mail", b"250 rcpt", b"354 go on"):
                line.write(answer + b"\r\n")
                line.flush()
                line.readline()
            while line.readline() != b".\r\n":
                continue
            line.write(b"250 taken\r\n")
            line.flush()

    server = threading.Thread(target=converse)
    server.start()
    with listening:
        port = listening.getsockname()[1]
        assert send(SmtpPostRoom(MailServer("127.0.0.1", port, "none", "shop@shop.example", timeout=1))) is True
    server.join(5)


@pytest.mark.fault("X06")
@pytest.mark.parametrize(
    "to",
    [
        "ada@example.com\r\nBcc: all@example.com",
        "ada@example.com>\r\nRCPT TO:<eve@example.com",
        "ada@example.com, eve@example.com",
        "ada@example.com\0",
        "äda@example.com",
        "ada",
        "@example.com",
        "",
    ],
)
def test_what_is_no_address_is_nobodys_and_never_reaches_the_server(post: MailDouble, to: str) -> None:
    assert send(room(post), to=to) is False
    assert post.letters == []


@pytest.mark.fault("X06")
@pytest.mark.parametrize("subject", ["Sold\r\nBcc: eve@example.com", "Sold\nX-Spam: no", "Sold\r\n\r\n<p>other"])
def test_a_line_break_in_a_subject_makes_no_header(post: MailDouble, subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        send(room(post), letter=replace(LETTER, subject=subject))
    assert post.letters == []


def test_the_password_opens_the_server_and_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with MailDouble(user="shop", password=PASSWORD) as post:
        assert send(room(post, user="shop", password=PASSWORD)) is True
        assert post.signed_in == ["shop"]
        for wrong in ({}, {"user": "shop", "password": "wrong " + PASSWORD}):
            with pytest.raises(NotDone) as refused:
                send(room(post, **wrong))
            assert PASSWORD not in str(refused.value)
    assert len(post.letters) == 1
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(MailServer("h", 1, "none", "a@b.example", user="u", password=PASSWORD))


def test_a_lock_that_is_asked_for_and_not_to_be_had_keeps_the_letter_here(post: MailDouble) -> None:
    with pytest.raises(NotDone, match="does not let us in"):
        send(room(post, lock="starttls"))
    with pytest.raises(NotDone, match="no connection"):
        send(room(post, lock="tls"))
    assert post.letters == []


# The address of the server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "lock"),
    [
        ("smtp://mail.example", "mail.example", 587, "offered"),
        ("smtp://shop:key@mail.example", "mail.example", 587, "starttls"),
        ("smtp://shop:key@mail.example?starttls=no", "mail.example", 587, "none"),
        ("smtp://mail.example:2525?starttls=yes", "mail.example", 2525, "starttls"),
        ("smtp://shop:key@127.0.0.1:1025", "127.0.0.1", 1025, "none"),
        ("smtps://shop:key@mail.example", "mail.example", 465, "tls"),
    ],
)
def test_a_password_travels_to_another_machine_only_behind_a_lock(url: str, host: str, port: int, lock: str) -> None:
    server = read_mail_url(url, shop_host="shop.example")
    assert (server.host, server.port, server.lock) == (host, port, lock)
    assert server.sender == "shop@shop.example"


def test_signs_of_the_address_are_read_as_they_were_meant() -> None:
    url = "smtp://sh%40p:a%2Fb%40c%3A@mail.example?from=Velorne%20Pre-Loved%20%3Cshop%40velorne.example%3E&timeout=2"
    server = read_mail_url(url, shop_host="localhost:8000")
    assert (server.user, server.password, server.timeout) == ("sh@p", "a/b@c:", 2)
    assert server.sender == "Velorne Pre-Loved <shop@velorne.example>"
    assert "a/b" not in server.described


@pytest.mark.parametrize(("host", "sender"), [("localhost:8000", "shop@localhost"), ("[::1]:1", "shop@[IPv6:::1]")])
def test_without_a_sender_the_shop_writes_from_its_own_host(host: str, sender: str) -> None:
    assert read_mail_url("smtp://127.0.0.1", shop_host=host).sender == sender


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop:hush@mail.example", "http: is unknown"),
        ("hush", "MAIL_URL is unknown"),
        ("smtp://", "names no host"),
        ("smtp://shop:hush@mail.example:99999", "ort"),
        ("smtp://shop:hush@mail.example?from=nobody", "from is not an address"),
        ("smtp://shop:hush@mail.example?from=a%40b.example%0d%0aBcc:c", "from is not an address"),
        ("smtp://shop:hush@mail.example?starttls=maybe", "starttls is yes or no"),
        ("smtp://shop:hush@mail.example?timeout=0", "timeout"),
        ("smtp://shop:hush@mail.example?form=a@b.example", "does not know form"),
    ],
)
def test_what_cannot_be_an_address_is_refused_without_repeating_it(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_mail_url(url, shop_host="shop.example")
    assert "hush" not in str(refused.value)
