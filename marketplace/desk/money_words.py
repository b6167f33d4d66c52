"""The ledger in words: what each account is to the desk, and why a line is the amount it is."""

from __future__ import annotations

from babel.numbers import format_percent
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.ledger.accounts import Account
from marketplace.orders import accounting, terms
from marketplace.orders.models import Order
from marketplace.presentation import money

ACCOUNTS: dict[Account, LazyString] = {
    Account.CLEARING: _l("Payment provider"),
    Account.CHANNEL_RECEIVABLE: _l("Owed by another shop"),
    Account.SELLER_RECEIVABLE: _l("Owed by the seller"),
    Account.CARRIER_RECEIVABLE: _l("Owed by the carrier"),
    Account.ESCROW: _l("Held for the sale"),
    Account.CUSTOMER_DEPOSITS: _l("Set aside by buyers"),
    Account.SELLER_PAYABLE: _l("Owed to the seller"),
    Account.CONSIGNMENT_PAYABLE: _l("Owed to owners of consigned pieces"),
    Account.REFUND_PAYABLE: _l("Owed back to the buyer"),
    Account.TAX_PAYABLE: _l("Owed to the tax office"),
    Account.GIFT_CARD_LIABILITY: _l("Gift cards"),
    Account.GIFT_CARD_ISSUER_PAYABLE: _l("Owed to the issuer of the gift card"),
    Account.STORE_CREDIT_LIABILITY: _l("Store credit"),
    Account.CARRIER_PAYABLE: _l("Owed to the carrier"),
    Account.COMMISSION: _l("Our commission"),
    Account.SHIPPING_INCOME: _l("Shipping paid to us"),
    Account.FEE_INCOME: _l("Fees"),
    Account.OWN_STOCK_SALES: _l("Sales of our own pieces"),
    Account.BREAKAGE: _l("Never spent"),
    Account.PURCHASES: _l("Pieces we bought"),
    Account.CHANNEL_FEES: _l("Kept by outside marketplaces"),
    Account.POSTAGE: _l("Postage"),
    Account.PROVIDER_FEES: _l("Fees of the payment provider"),
    Account.LOSSES: _l("Our losses"),
    Account.GOODWILL: _l("Goodwill"),
    Account.PAYOUT_BONUS: _l("Bonus on payouts"),
    Account.CHARGEBACKS: _l("Chargebacks"),
}

KINDS: dict[str, LazyString] = {
    "credit_held": _l("Store credit was set aside for the payment"),
    "credit_let_go": _l("Nobody paid: the store credit went back"),
    "capture": _l("The buyer paid"),
    "late_capture": _l("A payment came for what was gone"),
    "fee_paid": _l("A fee was paid by its link"),
    "fee_paid_late": _l("A fee was paid that had been settled"),
    "fee_given_back": _l("The piece was lost: its fee goes back to the card"),
    "settlement": _l("The sale stands"),
    "refund": _l("Refund in full"),
    "refund_part": _l("Refund in part"),
    "refund_paid": _l("The refund reached the card"),
    "refund_bounced": _l("The refund came back"),
    "lost_payout": _l("The seller of a lost parcel is paid"),
    "consigned": _l("The owner of a consigned piece is owed"),
    "consigned_lost": _l("A consigned piece was lost in our care: owed as if sold"),
    "consigned_paid": _l("The owner of a consigned piece is paid"),
    "consigned_forfeited": _l("Fraud: the owner of a consigned piece is not paid"),
    "bought": _l("We bought the piece"),
    "bought_lost": _l("A piece we were to buy was lost in our care: owed as if bought"),
    "channel_sold": _l("Sold on an outside marketplace"),
    "channel_cancelled": _l("A sale elsewhere came to nothing"),
    "channel_settled": _l("A sale elsewhere stands"),
    "channel_returned": _l("A marketplace took a sale back: our loss"),
    "channel_paid": _l("A marketplace paid for a sale"),
    "compensation": _l("We pay the seller ourselves"),
    "goodwill": _l("Goodwill"),
    "issue": _l("The gift card or credit was issued"),
    "transfer_paid": _l("The bank paid the seller"),
    "transfer_returned": _l("The bank sent the payout back"),
    "expire": _l("Store credit ended unspent"),
    "void": _l("A gift card was closed"),
    "replace": _l("A gift card was replaced"),
    "redeem": _l("A gift card or credit was spent"),
    "reverse": _l("A spending was taken back"),
    "postage": _l("The label was bought"),
    "postage_returned": _l("The carrier gave the postage back"),
    "chargeback_funds": _l("The buyer's bank moved the payment"),
    "bank_refunded": _l("The bank gave the buyer what we could not refund"),
    "forgone": _l("The seller is not paid: the buyer has the money back"),
    "fraud": _l("Fraud: the seller owes what was spent"),
    "lowered": _l("The price was lowered before the seller was paid"),
    "covered": _l("Taken from a payout for what the seller owed"),
    "forgiven": _l("What the seller owed is not asked for any more"),
}


def kind(name: str) -> str:
    """Why something was posted."""
    return str(KINDS.get(name, name.replace("_", " ").capitalize()))


def reason(order: Order, kind: str, account: Account) -> str:
    """Why a line of this order is the amount it is; empty where its kind says it all."""
    if kind in ("capture", "late_capture"):
        parts = {"price": money(order.price), "shipping": money(order.shipping), "tax": money(order.tax)}
        return str(_("Price %(price)s, shipping %(shipping)s and tax %(tax)s.", **parts))
    if kind == "settlement":
        return _of_settlement(order, account)
    if kind == "refund" and account is Account.LOSSES:
        return str(_("Price and shipping: the sale was settled, so it is our loss."))
    if kind == "refund" and account is Account.TAX_PAYABLE:
        return str(_("The tax that had not gone back before: we have not handed it on."))
    if kind == "refund":
        return str(_("Everything paid for this order, less what had gone back before."))
    if kind == "refund_part":
        return str(_("The part of the price that was decided or agreed on, with its share of the tax."))
    if kind in ("lost_payout", "compensation"):
        return str(_("The seller's share of the price: %(share)s.", share=_share(order)))
    return ""


def _of_settlement(order: Order, account: Account) -> str:
    price = money(accounting.reduced_price(order))
    words = {
        Account.ESCROW: _("All that was held for this order and has not gone back."),
        Account.SELLER_PAYABLE: _("%(share)s of the price of %(price)s.", share=_share(order), price=price),
        Account.COMMISSION: _("The price of %(price)s less the seller's %(share)s.", share=_share(order), price=price),
        Account.OWN_STOCK_SALES: _("The whole price: the piece was our own."),
        Account.SHIPPING_INCOME: _("The shipping the buyer paid; it is no part of a seller's share."),
        Account.TAX_PAYABLE: _("The tax quoted before the payment, less what went back with refunds."),
    }
    return str(words.get(account, ""))


def _share(order: Order) -> str:
    basis_points = terms.of_seller(order).payout.payout_basis_points
    return str(format_percent(basis_points / 10_000, locale=str(get_locale() or "en_US")))
