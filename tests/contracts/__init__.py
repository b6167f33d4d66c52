"""What we say to other companies and hear from them, held to schemas: our own, and the official descriptions."""
