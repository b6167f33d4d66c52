"""Nobody is sent to another house."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.redirects import safe_next

HERE = "https://shop.example/sign-in"


@pytest.mark.parametrize(
    "path", ["/", "/sell/purchases", "/shop?colour=oxblood&page=2", "/p/satchel-L0A1B2C3D", "/a%20b"]
)
def test_our_own_paths_are_kept(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.fault("X08", "X06")
@pytest.mark.parametrize(
    "elsewhere",
    [
        None, "", "//evil.example", "/\\evil.example", "\\evil", "https://evil.example", "https:evil.example",
        "evil.example", "http://shop.example@evil.example", "javascript:alert(1)", "data:text/html,x",
        "/%2fevil.example",
        "/%5Cevil.example", "/a\nb", "/a\r\nSet-Cookie: x=1", "/\tb", " /a", "/a b", "/ä", "/\x00", "/" + "a" * 2000,
    ],
)  # fmt: skip
def test_everything_else_is_the_default(elsewhere: str | None) -> None:
    assert safe_next(elsewhere, "/account") == "/account"


@given(st.text(alphabet="/\\:@.?#%2f5cCaehptsx \t\r\n", max_size=30))
def test_no_text_leads_away(text: str) -> None:
    assert urlsplit(urljoin(HERE, safe_next(text))).netloc == "shop.example"
