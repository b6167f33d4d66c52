"""Double entry, integers, append-only: what the shop owes and owns, to the cent."""

from marketplace.ledger.accounts import Account
from marketplace.ledger.posting import Line, Posting, balance, post, post_all

__all__ = ["Account", "Line", "Posting", "balance", "post", "post_all"]
