"""The clock that the demo world is told under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from marketplace.demo.timeline import Timeline
from marketplace.programme import reading


def test_no_story_goes_on_today_whatever_the_hour() -> None:
    """Told at ten, it would be over by noon and yet to come at nine: a world that is built on some mornings only."""
    timeline = Timeline(reading.read("preloved").calendar)

    def story(last: int) -> Iterator[datetime]:
        yield timeline.moment(days_ago=last, hour=0, minute=1)

    timeline.tell(story(1))
    with pytest.raises(ValueError, match="after the end of yesterday"):
        timeline.tell(story(0))
