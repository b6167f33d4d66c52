"""Reading the guides as a visitor does."""

from __future__ import annotations

import html
import re

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.programme import Policy, PublishedPolicy, versions
from tests.web import Browser, page


def publish(policy: Policy) -> PublishedPolicy:
    with unit_of_work():
        return versions.publish(policy, at=clock.now())


def read(client: Browser, address: str) -> str:
    """What stands in the page's main part, as it is read."""
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status}"
    main = page(answer).find("main")
    assert main is not None
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", str(main))).split())
    return re.sub(r" (?=[.,:;])", "", words)


def links(client: Browser, address: str) -> list[str]:
    main = page(client.get(address)).find("main")
    assert main is not None
    return [str(link["href"]) for link in main.find_all("a", href=True)]
