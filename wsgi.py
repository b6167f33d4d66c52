"""The web entry point: ``wsgi:app``."""

from marketplace import create_app
from marketplace.garbage import settle_in

app = create_app()
settle_in()
