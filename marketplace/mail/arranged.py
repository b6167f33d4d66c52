"""The letter with which pieces can be handed over to us: it brings the label, or names the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.custody import arranged_words
from marketplace.custody.models import Arranged
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.people.models import Person
from marketplace.programme import Policy, versions
from marketplace.shipping import parcels

TO_A_STORE = "bring_to_store"


def facts(request: Arranged, policy: Policy) -> dict[str, Any]:
    """What the letter says of it, in the language that is spoken; ``policy`` is the owner's."""
    return {
        "drop_off": arranged_words.told(request, versions.current().policy),
        "drop_off_url": policy.shipping.drop_off.url,
        "packing": [str(line) for line in policy.shipping.packing_tips],
        "place": request.store_name or "",
        "places_url": url("/help/handing-over"),
    }


def send_to(owner: Person, with_label: str, request: Any, *, at: datetime, facts: dict[str, Any]) -> None:
    """Write to its owner: ``with_label`` names the letter that brings the label, where there is one."""
    parcel = parcels.inbound_parcel(request.number)
    if request.ships_from is not None and parcel is None:
        return
    send(
        with_label if parcel else TO_A_STORE,
        key=f"{request.number}:label:{at.isoformat()}",
        to=owner.email,
        about=request,
        at=at,
        facts=facts,
        label_of=parcel.id if parcel else None,
        language=owner.language,
    )
