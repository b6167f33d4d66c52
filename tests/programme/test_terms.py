"""Which policy the pages follow, and what a policy cannot do to them."""

from __future__ import annotations

import re

import pytest

from marketplace.programme import versions
from tests.programme.policies import changed
from tests.programme.reading_pages import publish, read
from tests.web import Browser, page


@pytest.mark.rule("GAP-18")
def test_the_terms_of_an_earlier_version_stay_readable(reader: Browser) -> None:
    earlier = versions.current()
    later = publish(changed({"payout.payout_basis_points": 9000, "limits.ship_by_business_days": 5}))
    assert "90% of the listed price" in read(reader, "/terms")
    assert f"Version {later.number}," in read(reader, "/terms")
    old = read(reader, f"/terms/{earlier.number}")
    assert "80% of the listed price" in old
    assert "handed over within 3 business days" in old
    assert "This version is no longer in force." in old
    assert "no longer in force" not in read(reader, f"/terms/{later.number}")


def test_a_programme_without_members_sales_says_nothing_of_selling(reader: Browser) -> None:
    publish(changed({"modes.peer_to_peer": False}))
    assert "Selling" not in read(reader, "/help")
    assert "What a seller receives" not in read(reader, "/terms")
    assert reader.get("/help/photos").status_code == 404
    assert reader.get("/help/delivery").status_code == 200


def test_a_word_of_the_policy_cannot_become_markup(reader: Browser) -> None:
    publish(changed({"texts.purpose": "<script>alert(1)</script>"}))
    assert "<script>alert(1)" not in reader.get("/help").get_data(as_text=True)


def test_the_style_sheet_of_the_programme_is_linked_and_may_be_kept(reader: Browser) -> None:
    link = page(reader.get("/help")).find("link", href=re.compile(r"^/theme/"))
    assert link is not None
    answer = reader.get(str(link["href"]))
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    stale = reader.get("/theme/0000000000000000.css")
    assert "no-cache" in stale.headers["Cache-Control"]
