"""A reader of the guides."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.programme.policies import preloved
from tests.programme.reading_pages import publish
from tests.web import Browser


@pytest.fixture
def reader(app: Flask, client: Browser) -> Browser:
    """Somebody who reads under the preset's policy."""
    publish(preloved())
    return client
