"""Time limits and counts. Business days end at 23:59:59 in the market's zone; hours run from the moment itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import Section

Days = Annotated[int, Meta(ge=1, le=365)]
Hours = Annotated[int, Meta(ge=1, le=24 * 60)]


class Limits(Section, frozen=True, kw_only=True):
    """How long each waiting state may last, and how much one person may hold."""

    review_business_days: Days  # MK-08
    label_alarm_business_days: Days  # no label this long after payment: the desk is told, the buyer may cancel (GAP-01)
    ship_by_business_days: Days  # from the label mail (MK-36, GAP-01)
    cancel_late_business_days: Days  # after ship-by the order cancels itself (GAP-09)
    no_movement_days: Days  # after the last scan the parcel counts as lost (GAP-09)
    late_update_business_days: Days  # a word to the buyer while the parcel is late (MK-63, GAP-20)
    confirmation_window_hours: Hours  # from the delivery recorded here (MK-42, GAP-03, GAP-04)
    payment_minutes: Annotated[int, Meta(ge=31, le=24 * 60)]  # a payment session, and so the holds behind it
    live_holds_per_person: Annotated[int, Meta(ge=1, le=100)]
