"""The entry point of workers and of beat: ``celery -A celery_app:celery worker`` and ``… beat``."""

from marketplace.settings import Settings, UnsafeSettings
from marketplace.starting import to_stay

settings = Settings.from_environment()
if settings.jobs != "celery":
    raise UnsafeSettings(f"a worker needs JOBS=celery, not JOBS={settings.jobs}")
with to_stay():
    from marketplace import create_app
    from marketplace.jobs.worker import make_worker

    app = create_app(settings)
    celery = make_worker(app, settings.redis_url)
