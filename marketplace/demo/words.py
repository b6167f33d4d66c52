"""What members, buyers and reviewers of the demo world say."""

from __future__ import annotations

import random

# How a member describes her piece: something about its life, then something a buyer would ask.
LIVES = (
    "Carried to the office two or three days a week for one winter, then kept in its dust bag.",
    "A birthday present that turned out to be a size too small for my days.",
    "Bought for one wedding and used perhaps five times since.",
    "My weekend bag for a year; I have moved on to something that holds a laptop.",
    "Used gently and rotated with two others, so it never had to work hard.",
    "It has lived on the top shelf of my closet more than on my shoulder.",
    "Taken on two trips, always as hand luggage and always in its dust bag.",
    "I loved it for a season. Somebody else should love it next.",
    "Carried through one autumn, cleaned with a soft cloth after each wear.",
    "My sister and I bought the same one, and one of us had to give way.",
    "An everyday piece that has aged nicely and has plenty of years left.",
    "Kept away from rain and heat; I am careful with leather.",
    "Used for evenings only, so it has seen very little daylight.",
    "I change bags with every job, and this one belongs to the last one.",
    "A good companion that no longer fits what I carry.",
)
DETAILS = (
    "The lining is clean and every pocket is empty.",
    "The shape is as firm as on the first day.",
    "The hardware is bright, and the closure still clicks shut.",
    "No smoke, no pets, no perfume.",
    "The leather has softened a little and feels better for it.",
    "It was conditioned last spring by our local cobbler's cream, never dyed.",
    "The photos were taken in daylight and are true to it.",
    "All stitching is whole; I checked it under a lamp.",
    "The strap sits at the same hole it came with.",
    "It stands up by itself, even when it is empty.",
    "I would wear it tomorrow if I had not bought another.",
)
NEW_WITH_TAGS = (
    "Never carried. The tag is still on, and the paper is still inside.",
    "Bought twice by mistake; this one never left its box.",
    "A gift in a shade I do not wear. Untouched, with its tag.",
)
CONSIGNED = (
    "Worn by its first owner for two seasons, then kept in its dust bag.",
    "From a private wardrobe; examined, cleaned and photographed here.",
    "Hardly worn. Our experts looked at every seam.",
)
HOUSE = (
    "From our own archive: a sample of the season, shown in a store window and never carried.",
    "Returned to us unworn, checked and photographed in our workshop.",
    "Repaired in our workshop with original parts; ready for many more years.",
    "A display piece from one of our stores, cleaned and conditioned by hand.",
)
SOLD_ON = "Found here last season, worn with care and packed as it came to me. Its record goes with it."

# What a buyer says of the seller, with her stars.
RATINGS = (
    (5, "Exactly as described, and beautifully packed."),
    (5, "Even nicer than in the photos. It arrived in three days."),
    (5, "Wrapped like a present, with a handwritten card. Thank you."),
    (5, "I had looked for this one for two years."),
    (4, "As described. The box was a little large for it."),
    (5, "The mark on the corner is just as small as she said."),
    (5, "Soft leather, clean lining, quick shipping."),
    (4, "Lovely bag. It took a day longer than I had hoped."),
    (5, "Honest photos and an honest description."),
    (3, "Good bag. The scratch is a touch longer than it looks in the photo."),
    (5, "It went straight to dinner with me that evening."),
    (5, ""),
    (4, "The strap is softer than I expected, in a good way."),
    (5, "Perfect for work. My colleagues asked if it was new."),
    (5, "Arrived in its dust bag, smelling of nothing but leather."),
    (4, "Happy with it. A tracking update more would have been nice."),
)

# What a reviewer asks for: a reason of the policy and her own words.
CHANGES = (
    ("photo_unclear", "The photo of the inside is soft; the pocket cannot be judged from it."),
    ("flaw_not_described", "There is a pale line on the left corner in your second photo."),
    ("grade_too_high", "The handles show more wear than Excellent allows."),
    ("comes_with_wrong", "You ticked the dust bag, and no photo shows it."),
)
DECLINES = (
    ("altered", "The edges have been painted over."),
    ("not_the_piece", "The photos show the larger size of this style."),
    ("condition", "The handles are cracked through."),
)
REMOVALS = (
    ("not_the_piece", "Taken out after a second look at its photos."),
    ("altered", "The seller told us that it has been dyed."),
    ("other", "Reported by its seller as sold elsewhere."),
)
PROBLEMS = ("not_as_described", "damaged", "wrong_piece")


def description(chance: random.Random, *, is_new: bool) -> str:
    """A member's description of a piece."""
    return chance.choice(NEW_WITH_TAGS) if is_new else f"{chance.choice(LIVES)} {chance.choice(DETAILS)}"
