"""The objects Stripe answers with, as far as the double fills them in: each is whole under the official description."""

from __future__ import annotations

import secrets
import time
from typing import Any


def session_of(asked: dict[str, Any], *, page: str, livemode: bool) -> dict[str, Any]:
    """A Checkout Session for the parameters it was asked for with."""
    ref = f"cs_{'live' if livemode else 'test'}_{secrets.token_hex(16)}"
    lines = [asked["line_items"][place] for place in sorted(asked["line_items"], key=int)]
    total = sum(int(line["price_data"]["unit_amount"]) * int(line["quantity"]) for line in lines)
    return {
        "id": ref,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": asked["cancel_url"],
        "client_reference_id": asked["client_reference_id"],
        "created": int(time.time()),
        "currency": lines[0]["price_data"]["currency"],
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_email": asked.get("customer_email"),
        "expires_at": int(asked["expires_at"]),
        "livemode": livemode,
        "metadata": {},
        "mode": asked["mode"],
        "payment_intent": None,
        "payment_method_types": list(asked["payment_method_types"].values()),
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": asked["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": f"{page}/c/pay/{ref}",
    }


def intent_of(session: dict[str, Any], charge: str) -> dict[str, Any]:
    """The payment intent of a session that was paid."""
    return {
        "id": "pi_" + secrets.token_hex(12),
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_received": session["amount_total"],
        "created": int(time.time()),
        "currency": session["currency"],
        "latest_charge": charge,
        "livemode": session["livemode"],
        "metadata": {},
        "payment_method_types": ["card"],
        "status": "succeeded",
    }


def charge_of(session: dict[str, Any], brand: str, last4: str, fingerprint: str) -> dict[str, Any]:
    """The charge of a payment by card."""
    card = {"brand": brand, "last4": last4, "fingerprint": fingerprint, "exp_month": 12, "exp_year": 2034}
    return {
        "id": "ch_" + secrets.token_hex(12),
        "object": "charge",
        "amount": session["amount_total"],
        "amount_captured": session["amount_total"],
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": session["customer_email"], "name": None, "phone": None},
        "captured": True,
        "created": int(time.time()),
        "currency": session["currency"],
        "disputed": False,
        "livemode": session["livemode"],
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method_details": {"type": "card", "card": card},
        "refunded": False,
        "status": "succeeded",
    }


def dispute_of(charge: dict[str, Any], status: str) -> dict[str, Any]:
    """A dispute about what has not been refunded of a charge, as Stripe calls a chargeback."""
    now = int(time.time())
    return {
        "id": "dp_" + secrets.token_hex(12),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status.startswith("warning"),
        "livemode": charge["livemode"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "product_not_received",
        "status": status,
    }


def movement_of(dispute: dict[str, Any], amount: int, fee: int) -> dict[str, Any]:
    """Money that moves for a dispute: withdrawn with a fee, or reinstated without."""
    now = int(time.time())
    return {
        "id": "txn_" + secrets.token_hex(12),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": dispute["currency"],
        "description": "Chargeback",
        "fee": fee,
        "fee_details": [],
        "net": amount - fee,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }


def file_of(asked: dict[str, Any]) -> dict[str, Any]:
    """A file that was handed in."""
    return {
        "id": "file_" + secrets.token_hex(12),
        "object": "file",
        "created": int(time.time()),
        "purpose": asked["purpose"],
        "size": len(asked["file"]),
    }


def refund_of(charge: dict[str, Any], amount: int, status: str, metadata: dict[str, str]) -> dict[str, Any]:
    """A refund of a charge, whole or in part."""
    return {
        "id": "re_" + secrets.token_hex(12),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": int(time.time()),
        "currency": charge["currency"],
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "status": status,
    }
