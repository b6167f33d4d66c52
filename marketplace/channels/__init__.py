"""Outside marketplaces that offer the brand's own listings too: what is sold there, and what becomes of it."""
