"""What the Dockerfile and compose.yaml promise, read from them; no engine is asked."""

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import yaml

from app.cli import DRAIN_S, GRACE_S
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = DOCKERFILE.rpartition("FROM ")[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("migrate", "api", "worker")


def test_the_image_is_slim_made_in_stages_and_hash_locked() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.11-slim-\w+", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    assert "requirements-dev" not in DOCKERFILE


def test_the_image_runs_as_nobody_in_particular_and_tells_its_health() -> None:
    user = re.search(r"^USER (\d+)$", LAST_STAGE, re.MULTILINE)
    assert user
    assert int(user[1]) >= 1000
    assert "/health/ready" in LAST_STAGE
    assert re.search(r"^HEALTHCHECK .*--timeout=", LAST_STAGE, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["python", "-m", "app.cli"\]$', LAST_STAGE, re.MULTILINE)


def test_everything_copied_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            is_folder = (ROOT / source).is_dir()
            assert f"!{source.removeprefix('./')}{'/' if is_folder else ''}" in ignored, source


def test_compose_has_all_that_is_needed_in_order() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"postgres", "migrate", "api", "worker", "mailpit"}
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("api", "worker"):
        waits = {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["depends_on"] == waits
    assert services["worker"]["healthcheck"] == {"disable": True}


def test_containers_may_do_little_and_get_time_to_stop() -> None:
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert int(service["stop_grace_period"].removesuffix("s")) >= DRAIN_S + GRACE_S


def test_no_secret_is_written_down_and_ports_stay_on_this_machine() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    passwords = [f"DATABASE_{whose}_PASSWORD" for whose in ("OWNER", "API", "WORKER")]
    for name in ("SECRET_KEY", "ENCRYPTION_KEY", "POSTGRES_PASSWORD", *passwords):
        for value in re.findall(rf"^\s+{name}: (.+)$", text, re.MULTILINE):
            assert value.startswith("${" + name + ":?"), name
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_each_process_has_the_log_in_it_needs() -> None:
    log_ins = {
        name: {
            setting: value.removeprefix("postgresql://").split(":")[0]
            for setting, value in COMPOSE["services"][name]["environment"].items()
            if setting.startswith("DATABASE_")
        }
        for name in OURS
    }
    assert log_ins == {
        "migrate": {
            "DATABASE_OWNER_URL": "conforme_owner_login",
            "DATABASE_URL": "conforme_api_login",
            "DATABASE_WORKER_URL": "conforme_worker_login",
        },
        "api": {"DATABASE_URL": "conforme_api_login"},
        "worker": {"DATABASE_URL": "conforme_worker_login"},
    }
    script = "./deploy/log-ins.sql:/docker-entrypoint-initdb.d/log-ins.sql:ro"
    assert script in COMPOSE["services"]["postgres"]["volumes"]


def test_mail_in_clear_text_never_leaves_the_worker() -> None:
    environment = COMPOSE["services"]["worker"]["environment"]
    assert (environment["SMTP_HOST"], environment["SMTP_SECURITY"]) == ("127.0.0.1", "none")
    assert COMPOSE["services"]["mailpit"]["network_mode"] == "service:worker"


def test_the_linter_finds_nothing() -> None:
    linter = Path(sysconfig.get_path("scripts")) / "hadolint"
    command = [linter, ROOT / "Dockerfile"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    assert (told.returncode, told.stdout) == (0, "")
