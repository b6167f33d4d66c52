"""The languages the shop speaks besides its market's, and its own words in them."""

from __future__ import annotations

from tests.programme.rows import Behaviour, Row, Scene
from tests.web import page

SAID = {"de": {"Handbags": "Täschchen"}}


def help_is_read_in(language: str, *, asking: str, says: str = "") -> Behaviour:
    """A browser that asks for a language gets the page in it."""

    def read(scene: Scene) -> None:
        shown = page(scene.client.get("/help/what-you-can-sell", headers={"Accept-Language": asking}))
        assert shown.html is not None
        assert shown.html["lang"] == language
        assert says in shown.text

    return read


ROWS = [
    Row(
        "languages.offered",
        ["fr"],
        help_is_read_in("fr", asking="fr"),
        page="/language",
        says="Français",
    ),
    Row(
        "languages.words",
        SAID,
        help_is_read_in("de", asking="de", says="Täschchen"),
        untold="Every page says the programme's own words in its reader's language; none lists them.",
        given={"languages.offered": ["de"]},
    ),
]
