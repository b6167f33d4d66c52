"""What every page must be: HTML5 without a parse error, with a title, unique ids, and a token in each POST form.

``tests.web.Browser`` holds every page any test fetches to it.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import html5lib
from bs4 import BeautifulSoup, Tag

CONTROLS = ["input", "select", "textarea"]
NAMELESS = {"hidden", "submit", "button", "image", "reset"}


@lru_cache(maxsize=4096)
def faults_of(text: str) -> tuple[str, ...]:
    """Everything wrong with a page, one sentence each; empty when it is sound."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    parser.parse(text)
    found = [f"line {line}: {code} {detail}" for (line, _column), code, detail in parser.errors]
    document = BeautifulSoup(text, "html.parser")
    return tuple(found + _head(document) + _ids(document) + _forms(document) + _names(document))


def _head(document: BeautifulSoup) -> list[str]:
    found = []
    if not (document.title and document.title.get_text(strip=True)):
        found.append("the page has no title")
    if not (document.html and document.html.get("lang")):
        found.append("the page names no language")
    if len(document.find_all("h1")) != 1:
        found.append(f"the page has {len(document.find_all('h1'))} headings of the first rank")
    if document.find_all(style=True) or document.find_all("style"):
        found.append("the page carries a style of its own")
    scripts = [script for script in document.find_all("script") if not script.get("src")]
    found += ["the page carries a script of its own" for script in scripts if script.get("type") in (None, "module")]
    found += [
        f"<{tag.name}> has an {name} handler" for tag in document.find_all() for name in tag.attrs if name[:2] == "on"
    ]
    return found


def _ids(document: BeautifulSoup) -> list[str]:
    ids = Counter(str(tag["id"]) for tag in document.find_all(id=True))
    found = [f"the id {name!r} is there {count} times" for name, count in ids.items() if count > 1]
    for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list", "form"):
        for tag in document.find_all(attrs={attribute: True}):
            wanted = tag[attribute] if isinstance(tag[attribute], list) else str(tag[attribute]).split()
            found += [f"{attribute}={name!r} points nowhere" for name in wanted if name not in ids]
    links = (str(tag["href"]) for tag in document.find_all("a", href=True))
    return found + [f"{link} points nowhere" for link in links if link[:1] == "#" and link[1:] and link[1:] not in ids]


def _forms(document: BeautifulSoup) -> list[str]:
    found = []
    for form in document.find_all("form"):
        if not form.get("id"):
            found.append(f"the form to {form.get('action')!r} has no id")
        posts = str(form.get("method", "get")).lower() == "post"
        token = form.find("input", attrs={"name": "csrf_token"})
        if posts and not (isinstance(token, Tag) and token.get("value")):
            found.append(f"the form {form.get('id')!r} posts without a token")
        if not posts and token is not None:
            found.append(f"the form {form.get('id')!r} puts its token into the address")
        if posts and form.find("input", type="file") and form.get("enctype") != "multipart/form-data":
            found.append(f"the form {form.get('id')!r} would send the name of a file only")
    return found


def _names(document: BeautifulSoup) -> list[str]:
    """Controls, pictures, links and buttons whose name a screen reader could not say."""
    labelled = {str(label["for"]) for label in document.find_all("label", attrs={"for": True})}
    found = []
    for control in document.find_all(CONTROLS):
        named = control.get("aria-label") or control.get("aria-labelledby") or control.get("id") in labelled
        if control.get("type") not in NAMELESS and not named and control.find_parent("label") is None:
            found.append(f"the control {control.get('name')!r} has no label")
    found += [
        f"the picture {image.get('src')!r} has no alt" for image in document.find_all("img") if image.get("alt") is None
    ]
    for tag in document.find_all(["a", "button"]):
        pictures = "".join(str(image.get("alt", "")) for image in tag.find_all("img"))
        drawn = "".join(title.get_text() for title in tag.find_all("title"))
        if not (tag.get_text(strip=True) or tag.get("aria-label") or tag.get("aria-labelledby") or pictures or drawn):
            found.append(f"<{tag.name}> to {tag.get('href') or tag.get('name')!r} says nothing")
    return found
