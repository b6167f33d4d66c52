"""Somebody else's piece on its way to us and in our hands, whether we sell it for its owner or buy it."""
