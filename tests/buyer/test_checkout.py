"""Buying, as a shopper does it: pages and forms, nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.ledger.models import LedgerTransaction
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.sandbox import SandboxSession
from tests.books import assert_books_balance
from tests.shopping import (
    ADDRESS,
    buy,
    checkout_of,
    live_listing,
    main_of,
    member,
    orders_of,
    path_of,
    pay,
    put_in_bag,
    to_payment,
    to_review,
    words_of,
)
from tests.web import Browser, find_form, form_fields, post_form

RunJobs = Callable[[], int]


def count_of(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def again(listing: Listing) -> Listing:
    db.session.expire_all()
    return db.session.get_one(Listing, listing.id)


@pytest.mark.rule("MK-47", "MK-49", "MK-15")
def test_a_guest_buys_a_piece_and_sees_every_amount_before_paying(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    listing = live_listing(price=20_000)
    review = to_review(client, listing)
    shown = words_of(client.get(review))
    for amount in ("$200.00", "$8.95", "$8.36", "$217.31"):  # the table's 4% of New York, on price and shipping
        assert amount in shown
    answer = pay(client, path_of(post_form(client, review, "pay")))
    run_jobs()
    assert "Thank you" in words_of(client.get(path_of(answer)))
    [order] = orders_of(checkout_of(review))
    assert order.total.minor == 21_731
    assert balance(Account.CLEARING, "USD", order_id=order.id).minor == 21_731
    assert -balance(Account.ESCROW, "USD", order_id=order.id).minor == 21_731
    assert db.session.scalars(sa.select(SandboxSession)).one().amount.minor == 21_731
    assert again(listing).state is ListingState.SOLD
    assert not order.buyer.is_account
    assert_books_balance(app)


@pytest.mark.rule("MK-14", "GAP-02")
def test_the_price_a_buyer_sees_includes_the_fixed_shipping_amount(app: Flask, client: Browser) -> None:
    listing = live_listing(price=20_000)
    item = words_of(client.get(public_path(listing)))
    assert "$208.95" in item
    assert "Includes $8.95 shipping" in item
    assert "$208.95" in words_of(client.get("/shop"))


def test_checkout_asks_for_eight_fields_at_most(app: Flask, client: Browser) -> None:
    put_in_bag(client, live_listing())
    form = find_form(client.get("/checkout"), "checkout")
    shown = [tag for tag in form.find_all(["input", "select", "textarea"]) if tag.get("type") != "hidden"]
    assert len(shown) <= 8
    assert all(tag.get("autocomplete") for tag in shown)


@pytest.mark.fault("B01")
def test_a_double_click_on_pay_makes_one_order_and_one_session(app: Flask, client: Browser) -> None:
    listing = live_listing()
    put_in_bag(client, listing)
    form = find_form(client.get("/checkout"), "checkout")
    typed = {**form_fields(form), **ADDRESS}
    first, second = (client.post("/checkout", data=typed) for _ in range(2))
    assert first.location == second.location
    fields = form_fields(find_form(client.get(first.location), "pay"))
    clicks = [client.post(f"{first.location}/pay", data=fields) for _ in range(2)]
    assert clicks[0].location == clicks[1].location
    assert (count_of(Order), count_of(PaymentAttempt), count_of(SandboxSession), count_of(Hold)) == (1, 1, 1, 1)


@pytest.mark.fault("B02")
def test_the_second_buyer_of_a_piece_gets_a_calm_page_and_no_charge(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    listing = live_listing()
    live_listing(colour="black")
    rival = app.test_client()
    review = to_review(client, listing)
    buy(rival, listing, email="rival@example.com")
    answer = post_form(client, review, "pay")
    assert answer.status_code == 409
    assert "Nothing was charged" in words_of(answer)
    assert "Marlow tote, black" in words_of(answer), "similar pieces are offered"
    assert count_of(SandboxSession) == 1
    run_jobs()
    paid = db.session.scalars(sa.select(Order).where(Order.state != OrderState.AWAITING_PAYMENT)).all()
    assert [order.checkout.email for order in paid] == ["rival@example.com"]


@pytest.mark.fault("B05")
@pytest.mark.parametrize(("price", "total"), [(30_000, "$321.31"), (10_000, "$113.31")])
def test_a_price_that_changed_is_shown_before_anything_is_charged(
    app: Flask, client: Browser, price: int, total: str
) -> None:
    listing = live_listing(price=20_000)
    review = to_review(client, listing)
    with unit_of_work():
        db.session.get_one(Listing, listing.id).price_minor = price
    answer = post_form(client, review, "pay")
    assert answer.status_code == 303
    assert count_of(SandboxSession) == count_of(PaymentAttempt) == 0
    fresh = client.get(answer.location)
    assert "A price has changed" in fresh.get_data(as_text=True)
    assert total in words_of(fresh)
    pay(client, path_of(post_form(client, answer.location, "pay")))
    assert db.session.scalars(sa.select(SandboxSession)).one().amount == checkout_of(answer.location).total


@pytest.mark.fault("B06")
@pytest.mark.parametrize("gone", ["withdrawn", "removed", "paused", "suspended"])
def test_a_piece_that_left_the_shop_meanwhile_cannot_be_bought(app: Flask, client: Browser, gone: str) -> None:
    listing = live_listing()
    review = to_review(client, listing)
    with unit_of_work():
        listing = db.session.get_one(Listing, listing.id)
        if gone == "suspended":
            assert listing.seller is not None
            listing.seller.suspended_at = listing.live_at
        else:
            listing.state = ListingState(gone)
    answer = post_form(client, review, "pay")
    assert answer.status_code == 409
    assert count_of(SandboxSession) == count_of(Hold) == 0


@pytest.mark.fault("B06")
def test_the_order_keeps_what_was_sold_whatever_happens_to_the_listing(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    listing = live_listing(words="Light wear at the base.")
    [order] = buy(client, listing)
    run_jobs()
    with unit_of_work():
        changed = db.session.get_one(Listing, listing.id)
        changed.title, changed.words, changed.price_minor, changed.grade = "Another", "New", 1, "good"
    db.session.expire_all()
    order = db.session.get_one(Order, order.id)
    sold = order.as_sold
    assert (sold["title"], sold["words"], sold["grade"]) == ("Marlow tote", "Light wear at the base.", "excellent")
    assert order.price.minor == 24_500
    assert "Marlow tote" in words_of(client.get(f"/orders/{order.number}"))


@pytest.mark.fault("B19")
def test_nobody_buys_their_own_piece(app: Flask, client: Browser) -> None:
    seller = member()
    listing = live_listing(seller)
    put_in_bag(client, listing)
    client.sign_in_as(seller)
    with client.session_transaction() as session:
        session["bag"] = [listing.number]
    answer = post_form(client, "/checkout", "checkout", **ADDRESS)
    assert answer.status_code == 409
    assert "your own piece" in words_of(answer)
    assert count_of(Checkout) == 0


@pytest.mark.rule("MK-48", "GAP-05")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"region": "PR", "postcode": "00901"}, "state"),
        ({"region": "DC", "postcode": "20001"}, "state"),
        ({"postcode": "90210"}, "ZIP"),
        ({"postcode": "1011"}, "ZIP"),
    ],
)
def test_an_address_we_do_not_serve_is_refused_before_paying(
    app: Flask, client: Browser, changes: dict[str, str], reason: str
) -> None:
    put_in_bag(client, live_listing())
    answer = post_form(client, "/checkout", "checkout", **{**ADDRESS, **changes})
    assert answer.status_code == 422
    assert reason in words_of(answer)
    assert count_of(Checkout) == 0


def test_several_pieces_of_several_sellers_are_one_payment_and_an_order_each(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    pieces = [live_listing(price=10_000), live_listing(price=20_000), live_listing(price=30_000, supply=True)]
    orders = buy(client, *pieces)
    run_jobs()
    db.session.expire_all()
    assert [order.price.minor for order in orders] == [10_000, 20_000, 30_000]
    assert len({order.seller_id for order in orders}) == 3
    session = db.session.scalars(sa.select(SandboxSession)).one()
    assert session.amount.minor == sum(order.total.minor for order in orders)
    for order in orders:
        assert -balance(Account.ESCROW, "USD", order_id=order.id).minor == order.total.minor
    assert_books_balance(app)


def test_all_holds_of_a_checkout_are_taken_or_none(app: Flask, client: Browser) -> None:
    free, wanted = live_listing(), live_listing()
    review = to_review(client, free, wanted)
    rival = app.test_client()
    to_payment(rival, wanted, email="rival@example.com")
    answer = post_form(client, review, "pay")
    assert answer.status_code == 409
    assert again(free).state is ListingState.LIVE
    assert count_of(Hold) == 1


def test_cancelling_on_the_providers_page_leaves_the_pieces_held_and_paying_goes_on(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    payment_page = to_payment(client, live_listing())
    back = pay(client, payment_page, action="cancel")
    shown = client.get(path_of(back))
    assert "Waiting for your payment" in words_of(shown)
    assert path_of(post_form(client, path_of(back), "pay")) == payment_page
    pay(client, payment_page)
    run_jobs()
    assert "Thank you" in words_of(client.get(path_of(back)))


def test_another_checkout_of_the_same_browser_frees_what_the_first_held(
    app: Flask, client: Browser, run_jobs: RunJobs
) -> None:
    listing = live_listing()
    first = to_payment(client, listing)
    with client.session_transaction() as session:
        session["bag"] = [listing.number]
    with unit_of_work():
        db.session.get_one(Listing, listing.id).state = ListingState.LIVE
    review = post_form(client, "/checkout", "checkout", **{**ADDRESS, "line1": "1 Main Street"}).location
    with unit_of_work():
        db.session.get_one(Listing, listing.id).state = ListingState.HELD
    answer = post_form(client, review, "pay")
    assert answer.status_code == 303
    second = path_of(answer)
    assert second != first
    assert pay(client, second).status_code == 303
    run_jobs()
    [order] = orders_of(checkout_of(review))
    assert order.state in (OrderState.PAID, OrderState.LABEL_ISSUED)
    states = db.session.scalars(sa.select(Checkout.state).order_by(Checkout.id)).all()
    assert states == [CheckoutState.EXPIRED, CheckoutState.PAID]


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("4000 0000 0000 0002", "declined"),
        ("4000 0000 0000 9995", "insufficient funds"),
        ("1234 5678 9012 3456", "number is incorrect"),
    ],
)
def test_a_card_that_is_refused_charges_nothing_and_another_may_be_tried(
    app: Flask, client: Browser, run_jobs: RunJobs, card: str, words: str
) -> None:
    payment_page = to_payment(client, live_listing())
    answer = pay(client, payment_page, card=card)
    assert answer.status_code == 402
    assert words in words_of(answer)
    assert count_of(LedgerTransaction) == 0
    assert pay(client, payment_page).status_code == 303
    run_jobs()
    assert count_of(LedgerTransaction) > 0


def test_a_card_that_asks_for_3d_secure_is_challenged_first(app: Flask, client: Browser, run_jobs: RunJobs) -> None:
    payment_page = to_payment(client, live_listing())
    challenge = pay(client, payment_page, card="4000002760003184")
    fields = form_fields(find_form(challenge, "sandbox-pay"))
    refused = client.post(payment_page, data={**fields, "challenge": "no"})
    assert refused.status_code == 402
    assert client.post(payment_page, data={**fields, "challenge": "yes"}).status_code == 303
    run_jobs()
    [order] = db.session.scalars(sa.select(Order))
    assert order.paid_at is not None


def test_closing_the_tab_after_paying_loses_nothing(app: Flask, client: Browser, run_jobs: RunJobs) -> None:
    payment_page = to_payment(client, live_listing())
    assert "closed the tab" in words_of(pay(client, payment_page, action="close"))
    run_jobs()
    [order] = db.session.scalars(sa.select(Order))
    assert order.paid_at is not None


@pytest.mark.rule("MK-45")
def test_no_gift_card_can_be_given_at_checkout(app: Flask, client: Browser) -> None:
    review = to_review(client, live_listing())
    for path in ("/checkout", review):
        text = main_of(client.get(path)).decode().lower()
        assert "gift card" not in text
        assert 'name="code"' not in text


@pytest.mark.rule("MK-60")
def test_final_sale_is_said_before_paying(app: Flask, client: Browser) -> None:
    listing = live_listing()
    assert "Final sale" in words_of(client.get(public_path(listing)))
    assert "final" in words_of(client.get(to_review(client, listing))).lower()


@pytest.mark.fault("P04")
def test_a_stranger_finds_neither_checkout_nor_order(app: Flask, client: Browser, run_jobs: RunJobs) -> None:
    listing = live_listing()
    [order] = buy(client, listing)
    run_jobs()
    number = checkout_of(f"/checkout/{order.checkout.number}").number
    stranger = app.test_client()
    for who in (stranger, app.test_client()):
        if who is not stranger:
            who.sign_in_as(member())
        for path in (f"/checkout/{number}", f"/checkout/{number}/return", f"/orders/{order.number}"):
            assert who.get(path).status_code == 404, path
        token = form_fields(find_form(who.get("/sign-in"), "sign-in"))["csrf_token"] if who is stranger else None
        for path in (f"/checkout/{number}/pay", f"/orders/{order.number}/confirm", f"/orders/{order.number}/cancel"):
            answer = who.post(path, data={"csrf_token": token[0]} if token else {})
            assert answer.status_code in ((404,) if token else (404, 400, 419)), path
    db.session.expire_all()
    assert db.session.get_one(Order, order.id).state is OrderState.LABEL_ISSUED
