"""What every page must be: HTML5 without a parse error, with a title, unique ids, and a token in each POST form.

``tests.web.Browser`` holds every page any test fetches to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

import html5lib

CONTROLS = {"input", "select", "textarea"}
NAMELESS = {"hidden", "submit", "button", "image", "reset"}
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list", "form")
# What cannot be wrong of itself: no markup in it, no control character, no name within the page.
HARMLESS = r"&(?:amp|lt|gt|quot|#34|#39);"
PLAIN = rf"(?:[^<>&\"#\x00-\x08\x0b-\x1f\x7f-\x9f]++|{HARMLESS})++"
WORDS = re.compile(rf">(?=\s*+[^<>\s])(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]++|{HARMLESS})++<")
SAYS = "href|src|srcset|action|value|content|datetime|alt|title|class|placeholder|aria-label|aria-current|data-[a-z-]+"
ADDRESS = re.compile(rf'( (?:{SAYS})=)"{PLAIN}"')
NUMBER = re.compile(r"&#?\w+;|(?<!\w)(?:\d+|[A-Z][0-9A-Z]{8,})\b")  # none in the name of an element
MAIN_BEGINS = re.compile(r"<main\b[^<>]*>")
ERRORS, SPECIMENS = 'class="error-summary"', 'data-page="styleguide"'  # the latter shows one that is nobody's

Element = Any  # of xml.etree

_sound: set[bytes] = set()  # the frames of what has been looked at


def faults_of(text: str) -> tuple[str, ...]:
    """Everything wrong with a page, one sentence each; empty when it is sound.

    A page that differs from another in its words, numbers and addresses alone is as sound as that one.
    """
    if ERRORS in text and "<title>Error:" not in text and '<html lang="en"' in text and SPECIMENS not in text:
        return ("a form was wrong and the title does not say so",)
    frame = sha256(_frame(text).encode("utf-8", "surrogatepass")).digest()
    if frame in _sound:
        return ()
    faults = () if _is_sound_in_parts(text) else _faults(text)
    if not faults:
        _sound.add(frame)
    return faults


def _frame(text: str) -> str:
    """The page with each run of plain words as one, each address too, and its numbers counted as they appear."""
    numbers: dict[str, str] = {}

    def counted(found: re.Match[str]) -> str:
        number = found[0]
        return number if number[0] == "&" else numbers.setdefault(number, str(len(numbers)))

    return NUMBER.sub(counted, _wordless(text))


def _wordless(text: str) -> str:
    return ADDRESS.sub(r'\1"x"', WORDS.sub(">x<", text))


def _is_sound_in_parts(text: str) -> bool:
    """Whether the page without what is in its main part and that part by itself are sound, and both together too.

    Then so is the page: the parser stands before ``</main>`` as it stood behind ``<main>``. The part around is the same
    on most pages, and read once.
    """
    begins, ends = MAIN_BEGINS.search(text), text.rfind("</main>")
    if begins is None or ends < begins.end():
        return False
    around, clean = _around(_wordless(text[: begins.end()] + text[ends:]))
    parser = _parser()
    inner = parser.parseFragment(text[begins.end() : ends], container="main")
    if parser.errors or not clean:
        return False
    return not _faults_among([*around, *_elements(inner)[1:]])


@lru_cache(maxsize=500)
def _around(text: str) -> tuple[list[Element], bool]:
    """The elements of a page without its main part, and whether the parser took it without an error."""
    parser = _parser()
    elements = _elements(parser.parse(text))
    return elements, not parser.errors


def _parser() -> html5lib.HTMLParser:
    return html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)


def _elements(root: Element) -> list[Element]:
    return [one for one in root.iter() if isinstance(one.tag, str)]


def _faults(text: str) -> tuple[str, ...]:
    parser = _parser()
    elements = _elements(parser.parse(text))
    found = [f"line {line}: {code} {detail}" for (line, _column), code, detail in parser.errors]
    return tuple(found + _faults_among(elements))


def _faults_among(elements: list[Element]) -> list[str]:
    return _head(elements) + _ids(elements) + _forms(elements) + _names(elements)


def _kind(element: Element) -> str:
    """The element's name; one of a drawing is known by its name alone."""
    return str(element.tag).rpartition("}")[2]


def _of_kind(elements: list[Element], *kinds: str) -> Iterator[Element]:
    return (element for element in elements if _kind(element) in kinds)


def _says(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _head(elements: list[Element]) -> list[str]:
    found = []
    if not any(_says(title) for title in list(_of_kind(elements, "title"))[:1]):
        found.append("the page has no title")
    if not elements[0].get("lang"):
        found.append("the page names no language")
    headings = len(list(_of_kind(elements, "h1")))
    if headings != 1:
        found.append(f"the page has {headings} headings of the first rank")
    if any(element.get("style") is not None or _kind(element) == "style" for element in elements):
        found.append("the page carries a style of its own")
    scripts = [script for script in _of_kind(elements, "script") if not script.get("src")]
    found += ["the page carries a script of its own" for script in scripts if script.get("type") in (None, "module")]
    handlers = [(element, name) for element in elements for name in element.keys() if name[:2] == "on"]  # noqa: SIM118
    return found + [f"<{_kind(element)}> has an {name} handler" for element, name in handlers]


def _ids(elements: list[Element]) -> list[str]:
    ids = Counter(element.get("id") for element in elements if element.get("id") is not None)
    found = [f"the id {name!r} is there {count} times" for name, count in ids.items() if count > 1]
    for attribute in REFERENCES:
        wanted = [name for element in elements for name in (element.get(attribute) or "").split()]
        found += [f"{attribute}={name!r} points nowhere" for name in wanted if name not in ids]
    links = [link.get("href") or "" for link in _of_kind(elements, "a")]
    return found + [f"{link} points nowhere" for link in links if link[:1] == "#" and link[1:] and link[1:] not in ids]


def _forms(elements: list[Element]) -> list[str]:
    found = []
    for form in _of_kind(elements, "form"):
        if not form.get("id"):
            found.append(f"the form to {form.get('action')!r} has no id")
        posts = form.get("method", "get").lower() == "post"
        inputs = list(form.iter("input"))
        token = next((one for one in inputs if one.get("name") == "csrf_token"), None)
        if posts and not (token is not None and token.get("value")):
            found.append(f"the form {form.get('id')!r} posts without a token")
        if not posts and token is not None:
            found.append(f"the form {form.get('id')!r} puts its token into the address")
        sends_a_file = any(one.get("type") == "file" for one in inputs)
        if posts and sends_a_file and form.get("enctype") != "multipart/form-data":
            found.append(f"the form {form.get('id')!r} would send the name of a file only")
    return found


def _names(elements: list[Element]) -> list[str]:
    """Controls, pictures, links and buttons whose name a screen reader could not say."""
    labels = list(_of_kind(elements, "label"))
    labelled = {label.get("for") for label in labels} - {None}
    within = {control for label in labels for control in label.iter()}
    found = []
    for control in _of_kind(elements, *CONTROLS):
        named = control.get("aria-label") or control.get("aria-labelledby") or control.get("id") in labelled
        if control.get("type") not in NAMELESS and not named and control not in within:
            found.append(f"the control {control.get('name')!r} has no label")
    images = [image for image in _of_kind(elements, "img") if image.get("alt") is None]
    found += [f"the picture {image.get('src')!r} has no alt" for image in images]
    for element in _of_kind(elements, "a", "button"):
        pictures = "".join(image.get("alt") or "" for image in element.iter("img"))
        if not (_says(element) or element.get("aria-label") or element.get("aria-labelledby") or pictures):
            found.append(f"<{_kind(element)}> to {element.get('href') or element.get('name')!r} says nothing")
    return found
