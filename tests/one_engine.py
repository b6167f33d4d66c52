"""The tests that run on one database only, each with its reason. At most ten; ``tests/architecture`` counts them.

The key is the test's address without its parameters, the value the engine it runs on and why the other cannot.
"""

from __future__ import annotations

MOST_EXCEPTIONS = 10

LOOK = "how a page looks does not depend on the database, and a browser takes its time"

ONE_ENGINE: dict[str, tuple[str, str]] = {
    "tests/shipping/test_races.py::test_a_scan_that_meets_a_cancellation_waits_for_it_and_becomes_the_desks": (
        "postgresql",
        "two transactions hold rows at once; SQLite has one writer at a time, so they cannot wait for each other",
    ),
    "tests/journeys/test_look.py::test_every_page_keeps_the_figures": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_the_first_photo_is_in_the_first_screen_of_a_phone": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_without_a_connection_the_kept_page_says_so": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_paper_carries_the_order_and_no_navigation": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_every_form_says_what_is_wrong_in_the_same_way": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_a_filter_is_one_request_without_a_new_page_and_back_takes_it_off": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_longer_words_and_a_script_from_the_right_fit_every_page": (
        "sqlite",
        LOOK,
    ),
    "tests/journeys/test_look.py::test_the_same_address_says_the_same_with_and_without_scripts": (
        "sqlite",
        LOOK,
    ),
    "tests/mail/test_letters_browser.py::test_every_letter_fits_a_phone_and_is_readable_in_both_schemes": (
        "sqlite",
        LOOK,
    ),
}
