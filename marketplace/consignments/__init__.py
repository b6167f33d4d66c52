"""Selling for the owner: a request, the piece with us, a proposal, a sale, a payout."""
