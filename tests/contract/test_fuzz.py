"""The contract under fire: schemathesis draws from our document whatever it allows and forbids.

All checks, four phases, a fixed seed. `make soak` draws more (`FUZZ_EXAMPLES`).
"""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from pydantic import SecretStr
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python.asgi import shutdown_lifespans

from app.settings import Settings
from tests.conftest import make_database
from tests.contract.running import Running

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
USUAL = {"examples": 1, "coverage": 1, "fuzzing": 12, "stateful": 8}

# 412: an If-Match that fits may name a version that is no longer the present one.
_ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429"]

_DATED = "(list_audit_entries|list_dispatches|list_document_events|get_contact_timeline)$"
"""Operations with a filter of instants."""

# What JSON Schema cannot say, and so is refused although it fits: the one check relaxed,
# `positive_data_acceptance`, by the statuses said here, and never by a 5xx.
_RELAXED = [
    {
        # Check digits of tax ids and IBANs, control characters that are not trimmed away,
        # a form nonce that is signed, ids of other things, a key used for another body.
        "include-method": ["POST", "PATCH", "PUT"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, "422"]}},
    },
    {
        # A cursor is signed: only one we gave is read.
        "include-operation-id-regex": f"^(?!{_DATED})list_",
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, "400"]}},
    },
    {
        # Words searched for are refused when control characters stand among them.
        "include-operation-id": ["count_documents"],
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, "422"]}},
    },
    {
        # Nothing that can be asked for happened before 1900 or after 2999.
        "include-operation-id-regex": f"^{_DATED}",
        "checks": {"positive_data_acceptance": {"expected-statuses": [*_ACCEPTED, "400", "422"]}},
    },
]


@pytest.fixture
async def apart(settings: Settings, worker_id: str) -> Settings:
    """A database of its own: what is left in the queues is nobody else's to send."""
    url = SecretStr(await make_database(f"conforme_fuzz_{worker_id}"))
    return settings.model_copy(update={"database_url": url})


@pytest.mark.parametrize("phase", USUAL)
def test_no_request_breaks_the_contract(
    apart: Settings, phase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # whatever it keeps between runs is not kept
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "generation": {
                "max-examples": EXAMPLES or USUAL[phase],
                "deterministic": EXAMPLES == 0,
                "database": "none",
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": _ACCEPTED},
            },
            "phases": {"enabled": False, phase: {"enabled": True}},
            "operations": _RELAXED,
        }
    )
    running = Running(apart)
    schema = schemathesis.openapi.from_asgi("/openapi.json", running, config=config)
    office = running.office
    schema.config.headers = {"Authorization": f"Bearer {office.access_token}"}
    # Only these two open anything; foreign and malformed ones have tests of their own.
    schema.config.parameters = {
        "header.Organization-Id": str(office.organization_id),
        "path.token": running.token,
    }
    try:
        cases, failures = _run(schema)
    finally:
        shutdown_lifespans()
    assert not failures, f"{len(failures)} kinds of failure:\n\n" + "\n\n".join(failures)
    assert cases > 0


def _run(schema: Any) -> tuple[int, list[str]]:  # noqa: ANN401 - its types are its own
    """Draw everything; give the count of requests, and each kind of failure once."""
    cases = 0
    failures: dict[tuple[str, str], str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures[type(event).__name__, str(event)[:80]] = repr(vars(event))
        if not isinstance(event, events.ScenarioFinished):
            continue
        cases += len(event.recorder.cases)
        for checks in event.recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    told = f"{event.recorder.label}: {failure.title}\n{failure.message[:600]}\n"
                    key = (event.recorder.label, check.name)
                    failures.setdefault(key, told + check.failure_info.code_sample[:2000])
    return cases, list(failures.values())
