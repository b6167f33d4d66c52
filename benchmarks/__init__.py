"""How fast the shop is, measured beside what the same work costs at least (``make bench``, docs/performance.md)."""
