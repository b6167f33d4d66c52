"""The demo world: one invented house with its pieces, members and sales, made by the shop's own operations."""
