"""What a deployment is told to run: the compose file and the Procfile name what there is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from marketplace.listings.photo_uploads import UPLOADS_AT_ONCE
from marketplace.seats import SEATS
from marketplace.settings import Settings
from tests.architecture.source import PRODUCT, ROOT
from tests.architecture.test_docs import rows_under

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def test_the_column_is_whole() -> None:
    assert set(SERVICES) == {"front", "migrate", "web", "worker", "beat", "postgres", "redis"}
    assert set(OURS) == {"migrate", "web", "worker", "beat"}
    assert {name for name, service in SERVICES.items() if service.get("restart") != "unless-stopped"} == {"migrate"}
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_what_they_are_told_are_variables_of_ours_and_what_they_mount_is_there() -> None:
    for service in OURS.values():
        assert set(service["environment"]) <= set(rows_under("Variables"))
        assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    named = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", ())]
    assert {mount for mount in named if not mount.startswith("./")} == set(COMPOSE["volumes"])
    assert all((ROOT / "deploy" / mount).exists() for mount in named if mount.startswith("./"))


def test_compose_and_procfile_run_the_same() -> None:
    """Workers and beat by the same words; the web as the image says."""
    image = (ROOT / "deploy" / "Containerfile").read_text()
    assert set(PROCFILE) == {"web", "worker", "beat"}
    assert OURS["worker"]["command"] == PROCFILE["worker"]
    for name, entry in (("worker", "celery_app:celery"), ("beat", "celery_app:celery"), ("web", "wsgi:app")):
        assert entry in PROCFILE[name] and entry in OURS[name].get("command", image)
    for option in ("--workers", "--blocking-threads", "--respawn-failed-workers"):
        assert option in PROCFILE["web"] and option in image


def test_the_front_gathers_whole_requests_as_large_as_the_photos_of_one_form() -> None:
    front = (ROOT / "deploy" / "Caddyfile").read_text()
    [most] = {int(size) * 1000**2 for size in re.findall(r"(?:max_size|request_buffers) (\d+)MB", front)}
    assert "max_size" in front and "request_buffers" in front and "read_body" in front
    for preset in sorted((ROOT / "marketplace" / "programme" / "presets").glob("*.toml")):
        photo = tomllib.loads(preset.read_text())["photos"]["max_megabytes"] * 1024**2
        assert UPLOADS_AT_ONCE * photo + 1024**2 < most, preset.name


def test_a_web_process_has_many_more_threads_than_seats() -> None:
    threads = int(PROCFILE["web"].partition("--blocking-threads ")[2].split()[0])
    assert threads >= 10 * SEATS
    assert f'"--blocking-threads", "{threads}"' in (ROOT / "deploy" / "Containerfile").read_text()


def test_the_image_holds_everything_that_the_shop_reads() -> None:
    image = (ROOT / "deploy" / "Containerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (.+)$", image, re.MULTILINE) for name in line.split()[:-1]}
    read = {name for file in PRODUCT.rglob("*.py") for name in re.findall(r'\bROOT / "(\w+)"', file.read_text())}
    assert {"static", "templates", "translations"} <= read
    assert read | {"marketplace", "migrations", "wsgi.py", "celery_app.py", "requirements.txt"} == copied
    sent = (ROOT / "deploy" / "Containerfile.dockerignore").read_text()
    assert set(re.findall(r"^!(\S+)$", sent, re.MULTILINE)) == copied


def test_the_example_of_variables_is_enough_for_production() -> None:
    told = (ROOT / "deploy" / "shop.env.example").read_text()
    names = set(re.findall(r"^([A-Z_]+)=", told, re.MULTILINE))
    assert names - {name for name in names if name.startswith("AWS_")} <= set(rows_under("Variables"))
    secret = dict.fromkeys(names, "0123456789abcdefghijklmnopqrstuvwxyz")
    chosen = dict(re.findall(r"^([A-Z_]+)=(\w+)$", told, re.MULTILINE))
    addresses = {
        "PUBLIC_URL": "https://shop.example",
        "PHOTO_STORE_URL": "s3://photos",
        "MAIL_URL": "smtps://user:word@mail.example",
        "STRIPE_API_KEY": "sk_test_0123456789",
        "STRIPE_WEBHOOK_SECRET": "whsec_0123456789",
    }
    of_compose = {**OURS["web"]["environment"], "DATABASE_URL": "postgresql://shop@postgres/shop"}
    Settings.from_environment({**secret, **chosen, **addresses, **of_compose}).refuse_unsafe()
