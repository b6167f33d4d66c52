"""Which fact triggers which reaction, who carries out what: the only file that may know all; see also ``adapters``."""

from __future__ import annotations

from flask import Flask

from marketplace import adapters, chores
from marketplace.buybacks import arriving as buyback_arriving
from marketplace.buybacks import buying, inspecting, quoting, switching
from marketplace.buybacks import facts as buyback_facts
from marketplace.buybacks import leaving as given_leaving
from marketplace.buybacks import silence as buyback_silence
from marketplace.channels import accounting as channel_accounting
from marketplace.channels import cancelling
from marketplace.channels import facts as channel_facts
from marketplace.channels import webhooks as channel_webhooks
from marketplace.consignments import arriving, smart_pricing
from marketplace.consignments import elsewhere as consigned_elsewhere
from marketplace.consignments import facts as consigned_facts
from marketplace.consignments import paying as consigned_paying
from marketplace.consignments import selling as consigned_selling
from marketplace.consignments import silence as consigned_silence
from marketplace.consignments import waiting as consigned_waiting
from marketplace.credits import facts as credit_facts
from marketplace.credits import idempotency, store_credit
from marketplace.custody import billing, doubting
from marketplace.database import db
from marketplace.disputes import banks_deadlines, returning, silence, waiting
from marketplace.disputes import chargebacks as bank_cases
from marketplace.disputes import facts as dispute_facts
from marketplace.events import react_to
from marketplace.interests import facts as interest_facts
from marketplace.interests import saving, searches
from marketplace.jobs import deadlines, inbox, outbox, runner
from marketplace.ledger import proofs, seals
from marketplace.listings import facts as listing_facts
from marketplace.listings import review as listing_review
from marketplace.listings import tidying, withdrawing
from marketplace.listings.models import Listing
from marketplace.mail import (
    about_buybacks,
    about_cash,
    about_consignments,
    about_offers,
    outgoing,
    to_buyers,
    to_members,
    to_parties,
    to_people,
    to_sellers,
    to_shoppers,
)
from marketplace.mail import facts as mail_facts
from marketplace.offers import bargaining
from marketplace.offers import facts as offer_facts
from marketplace.orders import (
    checkouts,
    credit,
    fulfilment,
    links,
    lost_parcels,
    paying,
    settling,
    snapshots,
    tax_books,
)
from marketplace.orders import facts as order_facts
from marketplace.orders import news as order_news
from marketplace.orders.models import Order
from marketplace.payments import attempts, chargebacks, refunds, sandbox_bounces
from marketplace.payments import facts as payment_facts
from marketplace.payments import webhooks as payment_webhooks
from marketplace.payouts import facts as payout_facts
from marketplace.payouts import gift_cards, goodwill, holding, leaving, lost_cards, returns, runs, wallets
from marketplace.payouts.models import Goodwill
from marketplace.people import facts as people_facts
from marketplace.people import link_requests
from marketplace.people.models import Person
from marketplace.settings import Settings
from marketplace.shipping import asking, labels, parcels, voids, watching
from marketplace.shipping import facts as shipping_facts
from marketplace.shipping import webhooks as shipping_webhooks


def wire(app: Flask, settings: Settings) -> None:
    """Choose the adapters by name and register every reaction."""
    adapters.choose(app, settings)
    _people()
    _listings()
    _interests()
    _offers()
    _payments(settings)
    _shipping()
    _orders()
    _disputes()
    _channels()
    _consignments()
    _buybacks()
    _payouts()
    _mail()
    runner.register_chore(seals.seal_batch, seals.IS_DUE)


def _people() -> None:
    outbox.register(link_requests.LINK, link_requests.LinkSending())
    react_to(people_facts.LinkWanted, to_people.link)
    react_to(people_facts.AccountExists, to_people.account_exists)
    react_to(people_facts.PasswordChanged, to_people.password_changed)
    react_to(people_facts.EmailVerified, _claim_past_orders)
    react_to(people_facts.PurchaseReturned, withdrawing.purchase_returned)
    react_to(people_facts.PurchaseReturned, order_news.purchase_returned)


def _claim_past_orders(fact: people_facts.EmailVerified) -> None:
    links.claim_past_orders(db.session.get_one(Person, fact.person_id))


def _listings() -> None:
    deadlines.register(listing_review.REVIEW, listing_review.sweep_overdue)
    tidying.register(snapshots.photos_named)
    runner.register_chore(chores.tidy_when_due, chores.is_due(chores.TIDYING))
    react_to(listing_facts.ListingSubmitted, to_members.listing_submitted)
    react_to(listing_facts.ListingWentLive, to_members.listing_live)
    react_to(listing_facts.ChangesRequested, to_members.changes_requested)
    react_to(listing_facts.PriceProposed, to_members.price_proposed)
    react_to(listing_facts.ListingDeclined, to_members.listing_declined)
    react_to(listing_facts.ListingWithdrawn, to_members.listing_withdrawn)
    react_to(listing_facts.ListingsCalledIn, to_members.listings_called_in)
    react_to(listing_facts.ReviewOverdue, to_members.review_overdue)


def _offers() -> None:
    deadlines.register(bargaining.DUE, bargaining.sweep_due)
    react_to(offer_facts.OfferMoved, about_offers.offer_moved)
    react_to(order_facts.OrderPaid, _sold_to_somebody)
    react_to(listing_facts.ListingWithdrawn, _taken_out)


def _sold_to_somebody(fact: order_facts.OrderPaid) -> None:
    bargaining.end_all([db.session.get_one(Order, fact.order_id).listing_id], at=fact.at)


def _taken_out(fact: listing_facts.ListingWithdrawn) -> None:
    bargaining.end_all([fact.listing_id], at=fact.at)


def _interests() -> None:
    deadlines.register(saving.PRICE_LOWERED, saving.sweep_lowered)
    deadlines.register(searches.NEW_PIECE, searches.sweep_new_pieces)
    deadlines.register(searches.DIGEST, searches.sweep_digests)
    react_to(listing_facts.PriceLowered, saving.price_lowered)
    react_to(listing_facts.ListingWentLive, searches.piece_went_live)
    react_to(interest_facts.SavedPieceLowered, to_shoppers.price_lowered)
    react_to(interest_facts.SearchFound, to_shoppers.search_found)


def _payments(settings: Settings) -> None:
    inbox.register(payment_webhooks.SOURCE, payment_webhooks.react)
    outbox.register(attempts.CHECK, attempts.ProviderQuestion(ending=False))
    outbox.register(attempts.CLOSE, attempts.ProviderQuestion(ending=True))
    outbox.register(refunds.SEND, refunds.RefundSending())
    outbox.register(refunds.CHECK, refunds.RefundQuestion())
    deadlines.register(attempts.EXPIRY, attempts.close_overdue)
    runner.register_chore(chores.reconcile_when_due, chores.is_due(chores.RECONCILING))
    react_to(payment_facts.PaymentCaptured, paying.payment_captured)
    react_to(order_facts.CreditPaysAll, paying.credit_pays_all)
    react_to(payment_facts.PaymentCaptured, billing.payment_captured)
    react_to(billing.FeeBilled, about_consignments.fee_billed)
    react_to(payment_facts.PaymentExpired, paying.payment_expired)
    outbox.register(chargebacks.CHECK, chargebacks.ChargebackQuestion())
    outbox.register(chargebacks.EVIDENCE, chargebacks.EvidenceSending())
    react_to(payment_facts.RefundFailed, paying.refund_failed)
    react_to(payment_facts.RefundFailed, bank_cases.refund_failed)
    if settings.payments == "sandbox":
        runner.register_chore(sandbox_bounces.bounce_refunds, sandbox_bounces.IS_DUE)


def _shipping() -> None:
    inbox.register(shipping_webhooks.SOURCE, shipping_webhooks.react)
    outbox.register(parcels.LABEL, labels.LabelPurchases())
    outbox.register(parcels.VOID_LABEL, voids.LabelCancellations())
    outbox.register(voids.CHECK_VOID, voids.CancellationQuestions())
    deadlines.register(voids.PENDING, voids.sweep_pending)
    outbox.register(asking.TRACK, asking.Questions())
    deadlines.register(watching.ASK, asking.sweep_questions)
    react_to(shipping_facts.LabelBought, to_sellers.label)
    react_to(shipping_facts.LabelRefused, fulfilment.label_refused)
    react_to(shipping_facts.LabelRefused, to_sellers.label_refused)
    react_to(shipping_facts.ParcelScanned, fulfilment.parcel_scanned)
    react_to(shipping_facts.ParcelMoved, fulfilment.parcel_moved)
    react_to(shipping_facts.ParcelDelivered, fulfilment.parcel_delivered)
    react_to(shipping_facts.ParcelReturned, fulfilment.parcel_returned)
    react_to(shipping_facts.ParcelFailed, fulfilment.parcel_failed)
    react_to(shipping_facts.CarrierAnswered, lost_parcels.carrier_answered)


def _orders() -> None:
    deadlines.register(checkouts.ABANDONED, checkouts.sweep_abandoned)
    deadlines.register(fulfilment.LABEL_LATE, fulfilment.sweep_label_late)
    deadlines.register(fulfilment.SHIP_BY_REMINDER, fulfilment.sweep_ship_by_reminders)
    deadlines.register(fulfilment.SHIP_BY, fulfilment.sweep_ship_by)
    deadlines.register(fulfilment.CANCEL_LATE, fulfilment.sweep_cancel_late)
    deadlines.register(lost_parcels.NO_MOVEMENT, lost_parcels.sweep_no_movement)
    deadlines.register(lost_parcels.CARRIER_ANSWER, lost_parcels.sweep_no_movement)
    deadlines.register(fulfilment.LATE_WORD, fulfilment.sweep_late_words)
    deadlines.register(settling.CONFIRM_BY, settling.sweep_confirmations)
    proofs.also(store_credit.overfull)
    proofs.also(credit.faults)
    outbox.register(tax_books.RECORD, tax_books.SaleRecording())
    outbox.register(tax_books.REVERSE, tax_books.SaleReversing())
    react_to(order_facts.CheckoutPaid, to_buyers.checkout_paid)
    react_to(order_facts.PaymentReturned, to_buyers.payment_returned)
    react_to(order_facts.OrderPaid, to_sellers.sold)
    react_to(order_facts.ShipByNear, to_sellers.ship_by_near)
    react_to(order_facts.ShipByPassed, to_buyers.ship_by_passed)
    react_to(order_facts.ShipByPassed, to_sellers.ship_by_passed)
    react_to(order_facts.OrderShipped, to_buyers.shipped)
    react_to(order_facts.StillOnItsWay, to_buyers.still_on_its_way)
    react_to(order_facts.OrderDelivered, to_buyers.delivered)
    react_to(order_facts.OrderDelivered, to_sellers.delivered)
    react_to(order_facts.OrdersConfirmed, to_buyers.confirmed)
    react_to(order_facts.OrderCancelled, to_sellers.cancelled)
    react_to(order_facts.OrderRefunded, order_news.piece_is_back)
    react_to(order_facts.OrderRefunded, to_buyers.refunded)
    react_to(order_facts.RefundedLate, to_buyers.refunded_late)
    react_to(order_facts.RefundedLate, to_sellers.refunded_late)
    react_to(order_facts.OrderLinkWanted, to_buyers.order_link)
    react_to(order_facts.DeadlineExtended, to_buyers.deadline_extended)
    react_to(order_facts.DeadlineExtended, to_sellers.deadline_extended)


def _disputes() -> None:
    deadlines.register(waiting.DUE, silence.sweep)
    react_to(shipping_facts.ReturnNews, returning.news)
    deadlines.register(banks_deadlines.DUE, banks_deadlines.sweep)
    react_to(payment_facts.ChargebackOpened, bank_cases.opened)
    react_to(payment_facts.ChargebackReported, bank_cases.reported)
    react_to(dispute_facts.BankWrote, to_parties.bank_wrote)
    react_to(dispute_facts.CaseMoved, to_parties.case_moved)


def _channels() -> None:
    inbox.register(channel_webhooks.SOURCE, channel_webhooks.react)
    outbox.register(cancelling.CANCEL, cancelling.Cancellations())
    outbox.register(cancelling.WITHDRAW, cancelling.Withdrawals())
    proofs.also(channel_accounting.faults)
    react_to(order_facts.OrderPaid, _sold_here)
    react_to(listing_facts.ListingWithdrawn, _withdrawn_here)
    react_to(channel_facts.SoldElsewhere, _no_more_offers)
    react_to(channel_facts.SoldElsewhere, consigned_elsewhere.sold)
    react_to(channel_facts.CompletedElsewhere, consigned_elsewhere.completed)
    react_to(channel_facts.CancelledElsewhere, consigned_elsewhere.cancelled)


def _sold_here(fact: order_facts.OrderPaid) -> None:
    cancelling.withdraw(db.session.get_one(Order, fact.order_id).listing, at=fact.at)


def _withdrawn_here(fact: listing_facts.ListingWithdrawn) -> None:
    cancelling.withdraw(db.session.get_one(Listing, fact.listing_id), at=fact.at)


def _no_more_offers(fact: channel_facts.SoldElsewhere) -> None:
    bargaining.end_all([fact.listing_id], at=fact.at)


def _consignments() -> None:
    react_to(listing_facts.OwnerInDoubt, doubting.owner_in_doubt)
    deadlines.register(consigned_waiting.DUE, consigned_silence.sweep)
    deadlines.register(smart_pricing.CUT, smart_pricing.sweep)
    deadlines.register(arriving.LABEL_LATE, arriving.sweep_label_late)
    react_to(shipping_facts.InboundNews, arriving.news)
    react_to(order_facts.OrderPaid, consigned_selling.paid_for)
    react_to(order_facts.OrdersSettled, consigned_selling.settled)
    react_to(order_facts.OrderRefunded, consigned_selling.refunded)
    react_to(order_facts.RefundedLate, consigned_selling.refunded_late)
    react_to(order_facts.RefundedLate, about_consignments.refunded_late)
    react_to(consigned_facts.ReadyToCome, about_consignments.ready_to_come)
    react_to(consigned_facts.PieceMoved, about_consignments.piece_moved)
    react_to(consigned_facts.PriceStepped, about_consignments.price_stepped)
    react_to(consigned_facts.PieceMoved, consigned_paying.bill_fee)


def _buybacks() -> None:
    deadlines.register(buyback_silence.DUE, buyback_silence.sweep)
    deadlines.register(quoting.LABEL_LATE, buyback_arriving.sweep_label_late)
    react_to(shipping_facts.InboundNews, buyback_arriving.news)
    react_to(consigned_facts.PieceMoved, switching.piece_moved)
    react_to(payout_facts.GiftCardReady, buying.paid_out)
    react_to(payout_facts.CreditReady, buying.paid_out)
    react_to(payout_facts.CashSent, buying.paid_out)
    react_to(payout_facts.CashCameBack, buying.sent_back)
    react_to(payout_facts.DebtCovered, buying.covered)
    react_to(buyback_facts.BuybackReadyToCome, about_buybacks.ready_to_come)
    react_to(buyback_facts.BuybackMoved, about_buybacks.moved)
    react_to(buyback_facts.BuybackMoved, inspecting.bill_fee)
    react_to(shipping_facts.ParcelScanned, given_leaving.carried)
    react_to(shipping_facts.ParcelDelivered, given_leaving.carried)
    react_to(shipping_facts.ParcelReturned, given_leaving.carried)
    react_to(shipping_facts.ReturnNews, given_leaving.carried_back)
    react_to(channel_facts.SentElsewhere, given_leaving.sent_elsewhere)
    react_to(channel_facts.CompletedElsewhere, given_leaving.completed_elsewhere)


def _payouts() -> None:
    outbox.register(gift_cards.GIFT_CARD, gift_cards.GiftCardIssuing())
    outbox.register(goodwill.GOODWILL_CARD, gift_cards.GiftCardIssuing(Goodwill, payout_facts.GoodwillReady))
    deadlines.register(holding.HOLD_ENDS, holding.sweep_ended)
    deadlines.register(leaving.LEAVES, leaving.sweep_unchosen)
    deadlines.register(store_credit.WARNING, store_credit.sweep_warnings)
    deadlines.register(store_credit.EXPIRES, store_credit.sweep_expired)
    react_to(payout_facts.GiftCardReady, to_sellers.gift_card_ready)
    outbox.register(runs.TRANSFER, runs.TransferSending())
    outbox.register(returns.TAKE_BACK, returns.TakingBack())
    outbox.register(returns.CHECK, returns.TransferQuestion())
    outbox.register(wallets.CHECK, wallets.WalletQuestion())
    react_to(payout_facts.BankCodeWanted, about_cash.code)
    react_to(payout_facts.BankDetailsChanged, about_cash.changed)
    react_to(payout_facts.CashSent, about_cash.sent)
    react_to(payout_facts.CashCameBack, about_cash.came_back)
    react_to(payout_facts.CreditReady, to_sellers.credit_ready)
    react_to(payout_facts.DebtCovered, to_sellers.debt_covered)
    react_to(credit_facts.CreditExpiresSoon, to_sellers.credit_expires)
    react_to(payout_facts.GiftCardReplaced, to_sellers.gift_card_replaced)
    react_to(payout_facts.GoodwillReady, to_sellers.goodwill_ready)
    react_to(payout_facts.PayoutHeld, to_sellers.payout_held)
    runner.register_chore(idempotency.forget_codes, idempotency.HAS_CODES_TO_FORGET)


def _mail() -> None:
    outbox.register(outgoing.MAIL, outgoing.MailSending())
    react_to(mail_facts.MailHandedOver, _message_left)
    react_to(mail_facts.MailBounced, _message_bounced)


def _message_left(fact: mail_facts.MailHandedOver) -> None:
    if fact.subject_type == Order.__tablename__:
        order_news.message_left(fact.subject_id, fact.message, at=fact.at)


def _message_bounced(fact: mail_facts.MailBounced) -> None:
    if fact.subject_type == Order.__tablename__:
        order_news.message_bounced(fact.subject_id, at=fact.at)
    lost_cards.letter_bounced(fact.subject_type, fact.subject_id, at=fact.at)
