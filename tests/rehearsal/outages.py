"""Drills of what belongs to others: Stripe, Shippo, the issuer, the mail server, the bucket, the disk."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PIL import Image

from tests.rehearsal.column import WEBS
from tests.rehearsal.foundations import DOWN_SECONDS
from tests.rehearsal.sale import Sale
from tests.rehearsal.stage import Stage, finish

RESET = {"works": False, "reply": "reset"}  # nothing was done and nothing is heard
LOST = {"reply": "reset"}  # done, and the answer is lost
SLOW = {"delay": 2}

MOST_BYTES = 8_000  # the smallest copies of a photo have room, the others have none


def stripe_in_trouble(stage: Stage) -> None:
    """Down, then every answer lost, then slow (B14).

    Control: tests/payments/test_stripe_sale.py, ``test_control_without_key_and_look_up…``, ``…with_a_new_key…``.
    """
    column, sale = stage.column, stage.next_sale()
    column.misbehave("stripe", ["create_session"], **RESET)
    threading.Timer(DOWN_SECONDS, lambda: column.misbehave("stripe", ["create_session"], **SLOW)).start()
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


def mail_down(stage: Stage) -> None:
    """Nothing leaves while somebody buys; afterwards each letter leaves, once (W15).

    Control: tests/mail/test_server_away.py, ``test_control_a_shop_that_tries_a_letter_once_loses_it``.
    """
    sale, mail = stage.next_sale(), stage.part("mail")
    mail.kill()
    sale.buy()
    time.sleep(DOWN_SECONDS)
    mail.start()
    sale.hand_over()
    finish(sale)
    copies = [letter.name for letter in stage.column.letters.glob("*-2.eml")]
    assert copies == [], f"sent twice: {copies}"
    stage.say("orders went on, letters came later")


def bucket_down(stage: Stage) -> None:
    """No photo can be kept: the form says so, keeps nothing, and lists the piece later (W12).

    Control: tests/seller/test_photos.py, ``test_control_a_photo_recorded_whatever_the_disk_says_is_a_broken_row``.
    """
    bucket, new = stage.part("bucket"), stage.newcomer()
    new.join()
    new.begin_listing()
    bucket.kill()
    assert_photos_are_refused(new)
    bucket.start()
    new.send_photos()
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
