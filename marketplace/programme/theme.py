"""The programme's own style sheet: its few tokens laid over the house style."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from marketplace.permissions import public
from marketplace.programme import versions
from marketplace.programme.faces import HOUSE, PAIRS
from marketplace.programme.policy.theme import Theme

bp = Blueprint("theme", __name__)


@bp.get("/theme/<content_hash>.css")
@public
def style_sheet(content_hash: str) -> Response:
    """The tokens in force. The address names the policy's hash, so a browser may keep it for good."""
    published = versions.current()
    answer = Response(tokens(published.policy.theme), mimetype="text/css")
    if content_hash == published.content_hash[:16]:
        answer.cache_control.public = True
        answer.cache_control.max_age = 31536000
        answer.cache_control.immutable = True
    else:
        answer.cache_control.no_cache = True
    return answer


def address() -> str:
    """Where the style sheet of the policy in force lies."""
    return url_for("theme.style_sheet", content_hash=versions.current().content_hash[:16])


def tokens(theme: Theme) -> str:
    """The theme as custom properties, for both colour schemes, and the faces that are not the house's own."""
    pair = PAIRS[theme.display_face]
    values = {
        "--accent": f"light-dark({theme.light.accent}, {theme.dark.accent})",
        "--on-accent": f"light-dark({theme.light.on_accent}, {theme.dark.on_accent})",
        "--radius": theme.radius,
        "--display": pair.display.stack,
        "--text": pair.text.stack,
        "--label-transform": theme.label_transform,
    }
    lines = "".join(f"  {name}: {value};\n" for name, value in values.items())
    faces = "" if pair == HOUSE else "".join(face.rules for face in pair.faces)
    return f"{faces}:root {{\n{lines}}}\n"
