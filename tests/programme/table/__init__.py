"""The rows of the table, section by section of the policy."""

from tests.programme.rows import Row
from tests.programme.table import (
    buying,
    channels,
    condition,
    consigning,
    desk,
    disputes,
    eligibility,
    handing_over,
    identity,
    inbound,
    languages,
    limits,
    market,
    offers,
    payouts,
    photos,
    price,
    review,
    seller_record,
)

SECTIONS = (
    *(identity, market, eligibility, condition, photos, price, review, handing_over, limits, disputes),
    *(desk, languages, seller_record, offers, payouts, consigning, buying, channels, inbound),
)

ROWS: list[Row] = [row for section in SECTIONS for row in section.ROWS]
