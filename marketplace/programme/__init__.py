"""The programme: its policy, the versions that were published, and what follows from the one in force."""

from marketplace.programme.policy import Policy
from marketplace.programme.versions import PublishedPolicy, current, published

__all__ = ["Policy", "PublishedPolicy", "current", "published"]
