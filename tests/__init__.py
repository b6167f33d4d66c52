"""The suite. Its tree mirrors ``marketplace``."""
