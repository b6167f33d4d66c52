"""Other companies on real sockets: small servers with books of their own that misbehave as they are told."""
