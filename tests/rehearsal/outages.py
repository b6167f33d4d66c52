"""Drills of what belongs to others: Stripe, Shippo, the issuer, the mail server, the bucket, the disk."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PIL import Image

from tests.processes import until
from tests.rehearsal.column import WEBS
from tests.rehearsal.foundations import DOWN_SECONDS
from tests.rehearsal.sale import Sale
from tests.rehearsal.stage import Stage, finish

RESET = {"works": False, "reply": "reset"}  # nothing was done and nothing is heard
LOST = {"reply": "reset"}  # done, and the answer is lost
SLOW = {"delay": 2}
END_OF_LETTER = b"\r\n.\r\n"

SESSIONS = ("create_session", "retrieve_session", "list_sessions", "list_events")

MOST_BYTES = 8_000  # the smallest copies of a photo have room, the others have none


def stripe_in_trouble(stage: Stage) -> None:
    """Down, then slow, then the answer is lost (B14).

    Control: tests/payments/test_stripe_sale.py, ``test_control_without_key_and_look_up…``, ``…with_a_new_key…``.
    """
    column, sale = stage.column, stage.next_sale()
    column.misbehave("stripe", SESSIONS, **RESET)
    threading.Timer(DOWN_SECONDS, lambda: column.misbehave("stripe", SESSIONS, **SLOW)).start()
    sale.buy()
    column.behave("stripe")
    column.steer("stripe", "plan", {"operation": "create_session", "faults": [LOST]})
    other = stage.next_sale()
    other.buy()
    assert stage.calls("stripe", "create_session") >= 4, "nothing was asked twice"
    for one in (sale, other):
        one.hand_over()
        one.deliver()
    sale.let_the_window_pass()
    for one in (sale, other):
        one.receive_the_card()
    stage.say("one payment each, whatever was heard of it")


def shippo_in_trouble(stage: Stage) -> None:
    """Down, then slow, then the label is bought and its answer lost (L01).

    Control: tests/shipping/test_shippo_labels.py, ``test_control_without_asking_by_rate_a_second_label_is_bought``.
    """
    column, sale = stage.column, stage.next_sale()
    sale.buy_without_waiting()
    column.steer("shippo", "plan", {"operation": "create_shipment", "faults": [RESET, SLOW]})
    column.steer("shippo", "plan", {"operation": "create_transaction", "faults": [LOST]})
    before = stage.calls("shippo", "create_transaction")
    sale.await_payment()
    sale.hand_over()
    assert stage.calls("shippo", "create_transaction") == before + 1, "bought again"
    finish(sale)
    stage.say("one label, bought once")


def issuer_in_trouble(stage: Stage) -> None:
    """The card is issued and the answer lost; then the issuer is down, then slow (G01).

    Controls: tests/payouts/test_crashes.py, ``test_control_a_card_that_is_not_looked_for_is_issued_twice``;
    tests/payouts/test_issuers.py, ``test_control_an_issuer_that_forgets_its_keys_makes_two_cards``.
    """
    column, sale = stage.column, stage.next_sale()
    sale.buy()
    sale.hand_over()
    sale.deliver()
    before = stage.calls("gift_cards", "issue")
    column.steer("gift_cards", "plan", {"operation": "issue", "faults": [LOST, RESET, SLOW]})
    sale.let_the_window_pass()
    sale.receive_the_card()
    assert stage.calls("gift_cards", "issue") > before + 1, "the answer was not lost"
    stage.say("one card, though its answer was lost")


def mail_in_trouble(stage: Stage) -> None:
    """Nothing leaves while somebody buys; afterwards each letter leaves once, be the server slow (W15).

    Then one is taken and the answer lost: that one comes again, under its own number, and no other.
    Control: tests/mail/test_server_away.py, ``test_control_a_shop_that_tries_a_letter_once_loses_it``.
    """
    sale, mail, wire = stage.next_sale(), stage.part("mail"), stage.column.wires["mail"]
    mail.kill()
    sale.buy()
    time.sleep(DOWN_SECONDS)
    mail.start()
    sale.hand_over()
    wire.slow(0.5)
    sale.deliver()
    wire.slow(0)
    assert _repeated(stage) == [], "sent twice"
    wire.lose_answer(END_OF_LETTER)
    sale.let_the_window_pass()
    sale.receive_the_card()
    until(lambda: len(_repeated(stage)) == 1, "the letter whose answer was lost comes again")
    assert wire.lost == 1
    stage.say("orders went on, letters came later; the one whose answer was lost came twice under one number")


def _repeated(stage: Stage) -> list[str]:
    """The letters that were taken more than once."""
    return [file.name for file in stage.column.letters.glob("*-*.eml") if not file.name.endswith("-1.eml")]


def bucket_in_trouble(stage: Stage) -> None:
    """No photo can be kept: the form says so, keeps nothing, and lists the piece later (W12).

    The same where the bucket has kept one and its answer is lost. Then it is slow, and all are kept.
    Control: tests/seller/test_photos.py, ``test_control_a_photo_recorded_whatever_the_disk_says_is_a_broken_row``.
    """
    bucket, new, wire = stage.part("bucket"), stage.newcomer(), stage.column.wires["bucket"]
    new.join()
    new.begin_listing()
    bucket.kill()
    assert_photos_are_refused(new)
    bucket.start()
    wire.lose_answer(b"PUT /")
    assert_photos_are_refused(new)
    assert wire.lost == 1
    wire.slow(0.3)
    new.send_photos()
    wire.slow(0)
    new.submit_listing()
    stage.say("the seller was told, and listed the piece when the bucket was back")


def disk_full(stage: Stage) -> None:
    """Photos in a folder on a disk without room: said in the form, nothing half kept, and the shop sells (W12).

    Control: tests/seller/test_photos.py, ``test_control_a_photo_recorded_whatever_the_disk_says_is_a_broken_row``.
    """
    new, sale, column = stage.newcomer(), stage.next_sale(), stage.column
    new.join()
    new.begin_listing()
    folder = column.folder / "photos"
    in_a_folder = {"PHOTO_STORE_URL": folder.as_uri()}
    for web in WEBS:
        stage.run_again(web, **in_a_folder, DISK_HOLDS=str(MOST_BYTES))
    assert_photos_are_refused(new)
    kept = [file for file in folder.rglob("*") if file.is_file()]
    assert [file for file in kept if file.stat().st_size >= MOST_BYTES or not whole_picture(file)] == []
    sale.buy()
    for web in WEBS:
        stage.run_again(web, **in_a_folder)
    new.send_photos()
    new.submit_listing()
    for web in WEBS:
        stage.run_again(web)
    sale.hand_over()
    finish(sale)
    stage.say(f"{len(kept)} smaller copies found room, the seller was told, and somebody bought meanwhile")


def assert_photos_are_refused(sale: Sale) -> None:
    said = "the photos were kept"
    try:
        sale.send_photos()
    except AssertionError as refused:
        said = str(refused)
    assert "could not be kept" in said, said


def whole_picture(file: Path) -> bool:
    """Whether a picture can be read to its last byte."""
    with Image.open(file) as picture:
        picture.load()
    return True
