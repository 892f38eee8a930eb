"""No Docker runs here: the files are read and held to each other and to the settings."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings.monitoring import MonitoringSettings
from ops.dashboards.grafana import POSTGRES, PROMETHEUS

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load(ROOT.joinpath("docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def stages_of(text: str) -> list[list[str]]:
    """Return the instructions of a Dockerfile by stage, comments left out and lines joined."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    found: list[list[str]] = []
    for line in filter(None, (" ".join(one.split()) for one in joined)):
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_hardened_and_limited(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"bot"}))
def test_each_service_beside_the_bot_is_pinned_checked_and_off_by_default(name):
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]

    assert any(character.isdigit() for character in tag)
    assert service["healthcheck"]["test"]
    assert service["profiles"] == ["full"]


def test_the_bots_own_health_check_is_in_its_image():
    assert '"python", "-m", "bot", "health"' in ROOT.joinpath("Dockerfile").read_text("utf-8")


def test_the_bots_image_dumps_the_server_that_is_composed():
    tag = SERVICES["postgres"]["image"].rpartition(":")[2]
    major = tag.partition(".")[0]
    stages = stages_of(ROOT.joinpath("Dockerfile").read_text("utf-8"))
    kept = stages[-1]
    folder = f"/usr/lib/postgresql/{major}/bin"

    (client,) = (one for one in stages if one[0].endswith(" AS client"))
    assert any(f"postgresql-client-{major}" in line.split() for line in client)
    assert f"COPY --from=client {folder}/pg_dump {folder}/pg_restore /usr/local/bin/" in kept
    assert any("libpq5" in line.split() for line in kept)
    # Run as root, before the user is set: a library that is missing ends the build.
    assert kept.index("RUN pg_dump --version && pg_restore --version") < kept.index("USER trader")


def test_every_stage_of_the_image_is_of_one_release_of_debian():
    stages = stages_of(ROOT.joinpath("Dockerfile").read_text("utf-8"))

    assert {one[0].split()[1] for one in stages} == {"python:3.12-slim-trixie"}


def test_no_port_is_open_to_other_machines():
    opened = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert opened
    assert all(port.startswith("127.0.0.1:") for port in opened)


def test_only_the_bot_and_the_page_reach_outside():
    inside = {name for name, one in SERVICES.items() if set(one["networks"]) == {"inside"}}

    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert inside == {"postgres", "qdrant", "prometheus"}


def test_volumes_secrets_and_mounted_files_exist():
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}
    paths = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]

    assert named == set(COMPOSE["volumes"])
    assert paths
    assert all(ROOT.joinpath(path).exists() for path in paths)
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])


def test_nothing_runs_on_a_password_that_is_written_down():
    text = ROOT.joinpath("docker-compose.yml").read_text("utf-8")

    assert "_PASSWORD:" not in text
    assert text.count("_FILE: /run/secrets/") == 2


def test_prometheus_asks_the_bot_where_it_answers():
    config = yaml.safe_load(ROOT.joinpath("ops/prometheus/prometheus.yml").read_text("utf-8"))
    port = MonitoringSettings.model_fields["metrics_port"].default

    assert config["scrape_configs"][0]["static_configs"] == [{"targets": [f"bot:{port}"]}]
    mounted = {mount.split(":")[1] for mount in SERVICES["prometheus"]["volumes"]}
    assert {str(Path(path).parent) for path in config["rule_files"]} <= mounted


def test_grafana_asks_the_services_by_their_names():
    path = ROOT / "ops/grafana/provisioning/datasources/autotrade.yml"
    by_uid = {one["uid"]: one for one in yaml.safe_load(path.read_text("utf-8"))["datasources"]}

    assert by_uid[POSTGRES["uid"]]["url"].split(":")[0] in SERVICES
    assert by_uid[PROMETHEUS["uid"]]["url"].split("/")[2].split(":")[0] in SERVICES


def test_the_passwords_are_made_once_and_shut_away(tmp_path):
    script = tmp_path / "ops" / "passwords.sh"
    script.parent.mkdir()
    script.write_text((ROOT / "ops" / "passwords.sh").read_text("utf-8"), "utf-8")

    first = subprocess.run(["sh", script], capture_output=True, text=True, check=True)
    second = subprocess.run(["sh", script], capture_output=True, text=True, check=True)

    folder = script.parent / "passwords"
    made = {path.name: path.read_text("ascii") for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert len(set(made.values())) == len(made)
    assert all(len(word) == 48 for word in made.values())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert first.stdout == second.stdout
    assert made["postgres_password"] in first.stdout
