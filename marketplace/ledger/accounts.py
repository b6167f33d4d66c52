"""The accounts of the shop. Each exists once a currency."""

from __future__ import annotations

import enum


class Account(enum.StrEnum):
    """The value is the account's name in the journal."""

    CLEARING = "assets:clearing"
    CHANNEL_RECEIVABLE = "assets:channel receivable"
    SELLER_RECEIVABLE = "assets:seller receivable"
    CARRIER_RECEIVABLE = "assets:carrier receivable"
    ESCROW = "liabilities:escrow"
    CUSTOMER_DEPOSITS = "liabilities:customer deposits"
    SELLER_PAYABLE = "liabilities:seller payable"
    CONSIGNMENT_PAYABLE = "liabilities:consignment payable"  # owed to the owners of what we sold, or lost
    REFUND_PAYABLE = "liabilities:refund payable"
    TAX_PAYABLE = "liabilities:tax payable"
    GIFT_CARD_LIABILITY = "liabilities:gift cards"
    GIFT_CARD_ISSUER_PAYABLE = "liabilities:gift cards:issuer"  # another house keeps the card; we owe it the money
    STORE_CREDIT_LIABILITY = "liabilities:store credit"
    CARRIER_PAYABLE = "liabilities:carrier payable"
    COMMISSION = "income:commission"
    SHIPPING_INCOME = "income:shipping"
    FEE_INCOME = "income:fees"
    OWN_STOCK_SALES = "income:own-stock sales"
    BREAKAGE = "income:breakage"
    PURCHASES = "expenses:purchases"  # pieces that we bought
    POSTAGE = "expenses:postage"
    CHANNEL_FEES = "expenses:channel fees"  # what outside marketplaces keep of a price
    PROVIDER_FEES = "expenses:provider fees"
    LOSSES = "expenses:losses"
    GOODWILL = "expenses:goodwill"
    PAYOUT_BONUS = "expenses:payout bonus"
    CHARGEBACKS = "expenses:chargebacks"
