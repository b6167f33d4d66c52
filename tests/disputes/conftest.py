"""A drawing of a label has no say in a case, and takes longer than all the rest."""

from __future__ import annotations

import pytest

from marketplace.shipping import label_document


@pytest.fixture(autouse=True)
def _plain_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")
