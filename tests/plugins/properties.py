"""How hard the property tests try: the ``ci`` profile where ``CI`` is set, else a quick one."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

TOO_STRICT_HERE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def pytest_configure(config: pytest.Config) -> None:
    shared = {"deadline": None, "suppress_health_check": TOO_STRICT_HERE, "print_blob": True}
    settings.register_profile("ci", max_examples=200, stateful_step_count=30, **shared)
    settings.register_profile("dev", max_examples=20, stateful_step_count=15, **shared)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
