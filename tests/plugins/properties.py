"""How hard the property tests try: the ``ci`` profile where ``CI`` is set, else a quick one.

``ci`` tries the same examples each time, so that a run says something about the change and nothing about luck, and does
not look for a simpler example once it has failed: whoever mends it does that, with ``HYPOTHESIS_PROFILE=dev``.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

TOO_STRICT_HERE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def pytest_configure(config: pytest.Config) -> None:
    shared = {"deadline": None, "suppress_health_check": TOO_STRICT_HERE, "print_blob": True}
    at_once = {"derandomize": True, "phases": (Phase.explicit, Phase.generate, Phase.target)}
    settings.register_profile("ci", max_examples=200, stateful_step_count=30, **at_once, **shared)
    settings.register_profile("dev", max_examples=20, stateful_step_count=15, **shared)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
