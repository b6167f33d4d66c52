"""The production column, rehearsed: every machine of it in a process of its own, and one whole sale through all."""
