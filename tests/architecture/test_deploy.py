"""What a deployment is told to run: the compose file and the Procfile name what there is."""

from __future__ import annotations

from typing import Any

import yaml

from tests.architecture.source import ROOT
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
