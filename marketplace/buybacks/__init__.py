"""The brand buys a piece now: a quote, the piece with us, an inspection, title, and the money at once."""
