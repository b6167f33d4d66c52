"""What happened, in words: by the kind of record it happened to, and the action its event row names."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.disputes import bank_words
from marketplace.disputes import words as case_words
from marketplace.listings import labels as listing_labels

ABOUT: dict[str, LazyString] = {
    "orders": _l("Order"),
    "checkouts": _l("Checkout"),
    "parcels": _l("Parcel"),
    "payment_attempts": _l("Payment"),
    "refunds": _l("Refund"),
    "payouts": _l("Payout"),
    "payout_holds": _l("Payout held"),
    "goodwill": _l("Goodwill"),
    "disputes": _l("Case"),
    "chargebacks": _l("The bank's case"),
    "gift_cards": _l("Gift card"),
    "store_credits": _l("Store credit"),
    "redemptions": _l("Gift card"),
    "items": _l("Piece"),
    "listings": _l("Listing"),
    "offers": _l("Offer"),
    "people": _l("Person"),
    "loyalty_accounts": _l("Membership"),
    "saved_replies": _l("Saved reply"),
    "alarms": _l("Alarm"),
}

_GOES_ON = _l("Goes on: the report was taken back")
_ORDER: dict[str, LazyString] = {
    "place": _l("Placed"),
    "pay": _l("Paid"),
    "late_capture": _l("A payment came too late"),
    "second_payment": _l("Paid a second time"),
    "expire": _l("Not paid in time"),
    "issue_label": _l("Label mailed to the seller"),
    "ship": _l("On its way"),
    "deliver": _l("Delivered"),
    "confirm": _l("Confirmed by the buyer"),
    "auto_confirm": _l("Confirmed by silence"),
    "contest": _l("Contested"),
    "settle": _l("Settled"),
    "resume_unlabelled": _GOES_ON,
    "resume_unsent": _GOES_ON,
    "resume_on_its_way": _GOES_ON,
    "resume_delivered": _GOES_ON,
    "cancel": _l("Cancelled"),
    "lose": _l("Counts as lost"),
    "return": _l("Back at its sender"),
    "refund": _l("Refunded in full"),
    "refund_settled": _l("Refunded in full after the sale"),
    "refund_part": _l("Refunded in part"),
    "pay_lost": _l("Seller of the lost parcel paid"),
    "compensate": _l("Seller paid by us"),
    "shipped_while_disputed": _l("Scanned while contested"),
    "delivered_while_disputed": _l("Delivered while contested"),
    "returned_while_disputed": _l("Back at its sender while contested"),
    "extend": _l("Deadline put off"),
    "desk_cancel": _l("The desk cancelled"),
    "desk_refund": _l("The desk refunded"),
    "desk_settle": _l("The desk let the sale stand"),
    "desk_told": _l("The desk told the buyer of the delivery"),
    "desk_pay_lost": _l("The desk paid the seller of the lost parcel"),
    "desk_lost": _l("The desk marked the parcel lost"),
    "desk_reissue": _l("The desk asked for another label"),
    "desk_release": _l("The desk released the payout"),
    "desk_hold": _l("The desk held the payout"),
    "desk_extend": _l("The desk put a deadline off"),
    "desk_goodwill": _l("The desk gave goodwill"),
    "desk_late_refund": _l("The desk refunded after the sale"),
    "desk_correct_address": _l("The desk corrected an address"),
    "desk_propose": _l("The desk proposed what takes two people"),
}
_PARCEL: dict[str, LazyString] = {
    "request": _l("Asked for"),
    "buy_label": _l("Label bought"),
    "buy_label_too_late": _l("Label bought when it was needed no more"),
    "refuse_label": _l("Label refused by the carrier"),
    "correct_address": _l("Address corrected"),
    "reissue": _l("Another label asked for"),
    "void_label": _l("Label given back to the carrier"),
    "void_label_refused": _l("The carrier did not take the label back"),
    "scan": _l("First scan"),
    "deliver": _l("Delivered"),
    "return": _l("Back at its sender"),
    "lose": _l("Counts as lost"),
    "fail": _l("The carrier could not deliver"),
    "cancel": _l("Cancelled"),
}
_PAYOUT: dict[str, LazyString] = {
    "give": _l("Given"),
    "choose": _l("Form chosen"),
    "issue": _l("Paid out"),
    "refuse": _l("Refused by the issuer"),
    "stop": _l("Stopped: the buyer's bank looks into the payment"),
    "go_on": _l("Let go by the bank"),
    "keep": _l("Let go by the bank, held by the desk"),
    "forgo": _l("Not paid: the buyer has the money back"),
    "hold": _l("Held by the desk"),
    "release": _l("Released"),
}
_PERSON: dict[str, LazyString] = {
    "account_opened": _l("Account opened"),
    "email_verified": _l("E-mail confirmed"),
    "password_set": _l("Password set"),
    "renamed": _l("Name changed"),
    "signed_in": _l("Signed in"),
    "loyalty_linked": _l("Membership joined to the account"),
    "loyalty_unlinked": _l("Membership taken off the account"),
    "roles_given": _l("Roles given"),
    "roles_taken": _l("Roles taken"),
    "second_factor_set_up": _l("Second factor set up"),
    "second_factor_forgotten": _l("Second factor taken off"),
    "looked_up": _l("Looked up"),
    "prefer_payout": _l("Form of payouts chosen"),
    "gift_cards_looked_up": _l("Gift cards looked up by e-mail"),
}

EVENTS: dict[str, dict[str, LazyString]] = {
    "orders": _ORDER,
    "checkouts": _ORDER,
    "parcels": _PARCEL,
    "payment_attempts": {"open": _l("Opened"), "pay": _l("Paid"), "expire": _l("Not paid in time")},
    "refunds": {
        "complete": _l("Reached the buyer"),
        "fail": _l("Did not reach the buyer"),
        "bounce": _l("Came back from the buyer's bank"),
    },
    "payouts": _PAYOUT,
    "goodwill": _PAYOUT,
    "payout_holds": {"release": _l("Released")},
    "disputes": {**case_words.EVENTS, **case_words.DESK_EVENTS, **case_words.AT_WORK},
    "chargebacks": bank_words.EVENTS,
    "gift_cards": {"issue": _l("Issued"), "void": _l("Closed")},
    "store_credits": {"extend": _l("Good for longer"), "expire": _l("Expired"), "void": _l("Closed")},
    "redemptions": {"redeem": _l("Spent"), "reverse": _l("Spending taken back")},
    "items": {"quarantine": _l("In quarantine")},
    "listings": listing_labels.ACTIONS,
    "offers": {
        "propose": _l("Made"),
        "accept": _l("Accepted"),
        "counter": _l("Answered with another price"),
        "decline": _l("Declined"),
        "lapse": _l("Not answered in time"),
        "withdraw": _l("Withdrawn"),
        "take": _l("The other price was taken"),
        "refuse": _l("The other price was refused"),
        "use": _l("Used in a checkout"),
        "give_back": _l("Not paid: free to be used again"),
        "expire": _l("Not used in time"),
        "end": _l("Ended: the piece is no longer for sale"),
    },
    "people": _PERSON,
    "loyalty_accounts": _PERSON,
    "saved_replies": {"keep": _l("Kept"), "retire": _l("Retired")},
    "alarms": {"clear": _l("Cleared")},
}


def about(subject_type: str) -> str:
    """What kind of record an event is about, in words."""
    return str(ABOUT.get(subject_type, subject_type.replace("_", " ").capitalize()))


def what(subject_type: str, action: str) -> str:
    """An event's action in words."""
    return str(EVENTS.get(subject_type, {}).get(action) or action.replace("_", " ").capitalize())
