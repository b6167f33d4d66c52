"""The web entry point: ``wsgi:app``."""

from multiprocessing.util import Finalize

from marketplace.starting import to_stay

with to_stay():
    from marketplace import create_app
    from marketplace.buyer.shop import write_views

    app = create_app()

Finalize(None, write_views, args=(app,), exitpriority=0)  # granian's workers end without what ``atexit`` would do
