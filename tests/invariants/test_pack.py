"""Every check can fail: rows are spoiled past every guard, and the pack finds it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from app import cli, logs
from app.events.models import Event
from app.events.sequencing import chain
from app.settings import Settings
from tests.conftest import ROOT, make_database
from tests.factories import a_payment, a_sent_quote, an_issued_quote
from tests.invariants.checking import broken, violations
from tests.offices import Office

SPOILINGS = {
    "I1 a gap": "update series_counters set last = last + 1 where {own}",
    "I1 a foreign number": (
        "update documents set number = 'X-' || id where {own} and number is not null"
    ),
    "I2 the snapshot": (
        "update document_revisions set snapshot = snapshot || jsonb_build_object('title', 'other')"
        " where {own}"
    ),
    "I2 the PDF": "update document_pdfs set content = content || decode('00', 'hex') where {own}",
    "I2 the total": "update documents set total_minor = total_minor + 1 where {own}",
    "I3 a decision lost": "delete from decisions where {own}",
    "I3 a gap": "update decisions set sequence = 2 where {own}",
    "I3 an impossible order": "update decisions set kind = 'withdrawn' where {own}",
    "I4 an event lost": "delete from events where {own} and kind = 'document.accepted'",
    "I5 a promise not kept": (
        "update idempotent_replies set headers = headers || jsonb_build_object("
        "'location', '/v1/dispatches/' || gen_random_uuid()) where {own}"
    ),
    "I5 a message that cannot be sent": (
        "update dispatch_recipients set queue_state = 'ready', sealed_token = null where {own}"
    ),
    "I6 one effect, two keys": (
        "insert into idempotent_replies select organization_id, principal, key || '-',"
        " fingerprint, status, headers, body, created_at from idempotent_replies"
        " where {own} and headers->>'location' is not null"
    ),
    "I8 a charge linked twice": (
        "with a as (update payments set provider_id = '70001' where {own})"
        " update refunds set provider_id = '70001' where {own}"
    ),
    "I9 paid, not booked": "update documents set paid_minor = paid_minor + 1 where {own}",
    "I9 a refund too much": (
        "update refunds set amount_minor = amount_minor + 1000000 where {own}"
    ),
    "I9 credit of nothing": (
        "update ledger_entries e set account = 'credit', contact_id = d.contact_id"
        " from documents d where e.organization_id = $1 and d.organization_id = $1"
        " and d.id = e.document_id and e.account = 'receivable'"
    ),
    "I10 a side changed": (
        "update ledger_entries set amount_minor = amount_minor + 1 where {own} and account = 'cash'"
    ),
    "I15 a false sent": "delete from dispatch_attempts where {own}",
    "I15 sent, not said": "update dispatch_recipients set sent_at = null where {own}",
    "I15 sent three times": (
        "insert into dispatch_attempts select organization_id, gen_random_uuid(), recipient_id,"
        " at, 'uncertain', code, text, host, is_encrypted, duration_ms from dispatch_attempts,"
        " generate_series(1, 2) where {own}"
    ),
    "I15 sent though cancelled": (
        "update dispatch_recipients set queue_state = 'cancelled' where {own}"
    ),
    "I16 a lease of nobody": "update dispatch_recipients set queue_state = 'leased' where {own}",
    "I16 a silent worker": (
        "update pgqueuer set status = 'picked', heartbeat = now() - interval '1 hour'"
        " where headers->>'organization_id' = $1::uuid::text"
    ),
    "I17 a status nothing leads to": "update documents set status = 'rejected' where {own}",
    "I17 no revision": (
        "update documents set revision = revision + 1 where {own} and number is not null"
    ),
    "I18 an event changed": (
        "update events set actor_name = 'Nobody' where {own} and position = 1"
    ),
}
"""What to spoil, by the invariant that must see it.

None breaks a foreign key: other tests of the process copy and restore this database.
"""


async def spoil(settings: Settings, office: Office, statement: str) -> None:
    """Change rows as a superuser, with triggers and foreign keys asleep."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        await connection.execute("set session_replication_role = replica")
        done = await connection.execute(statement, office.organization_id)
        assert not done.endswith(" 0"), f"nothing was spoiled: {done}"
    finally:
        await connection.close()


async def an_office_at_work(office: Office) -> None:
    """One quote sent and accepted, one partly paid and waiting for its worker."""
    document, _ = await a_sent_quote(office)
    answer = await office.api.post(
        f"/v1/documents/{document['id']}/decisions", json={"decision": "accepted", "told_by": "Ana"}
    )
    assert answer.status_code == 200, answer.text
    another = await an_issued_quote(office)
    payment = await a_payment(office, another, 5000)
    answer = await office.api.post(
        f"/v1/payments/{payment['id']}/refunds", json={"amount": {"amount": 1000}}
    )
    assert answer.status_code == 201, answer.text
    async with office.worker.database.transaction(office.organization_id) as tx:
        table = Event.metadata.tables["events"]
        assert await chain(tx, office.organization_id, table) > 0


async def test_all_hold_for_an_office_at_work(office: Office) -> None:
    await an_office_at_work(office)
    assert await violations(office) == []


@pytest.mark.parametrize("name", SPOILINGS)
async def test_a_spoiled_row_is_found(office: Office, settings: Settings, name: str) -> None:
    await an_office_at_work(office)
    await spoil(settings, office, SPOILINGS[name].format(own="organization_id = $1"))
    assert name.split(maxsplit=1)[0] in await broken(office)


FOUNDING = (
    "create-organization --name Taller --legal-name Taller --tax-id B83534750 --street Muelle"
    " --postal-code 07001 --city Palma --province Palma --email oficina@taller.example"
    " --admin-email joan@taller.example --admin-name Joan --password-file"
)


async def test_the_command_reports_and_exits_with_one(
    settings: Settings,
    worker_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = await make_database(f"conforme_check_{worker_id}")
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
        "SMTP_SECURITY": "none",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda _level: None)  # the tests have theirs
    password = tmp_path / "password"
    password.write_text("a password long enough")

    founded = await asyncio.to_thread(cli.main, [*FOUNDING.split(), str(password)])
    assert founded == 0, capsys.readouterr()
    assert await asyncio.to_thread(cli.main, ["check"]) == 0
    assert "1 organization(s), 0 violation(s)" in capsys.readouterr().out
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("alter table contacts no force row level security")
    finally:
        await connection.close()
    report = await asyncio.to_thread(_check_in_a_process)
    assert report.returncode == 1, report.stderr
    assert "I13  BROKEN" in report.stdout
    assert "table contacts does not force row-level security" in report.stdout


def _check_in_a_process() -> subprocess.CompletedProcess[str]:
    """Start the command as an operator does: what counts is the process's own exit status."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "check"],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
