"""`origins` says which front ends may read one organization's answers."""

import asyncio

import pytest

from app.cli import main
from app.container import Container
from app.kernel.identifiers import new_id
from app.main import create_app
from app.settings import Settings
from tests.offices import Office, client_of


async def origins(office_id: object, *options: str) -> int:
    return await asyncio.to_thread(main, ["origins", str(office_id), *options])


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("database_url", "secret_key", "encryption_key"):
        monkeypatch.setenv(name.upper(), getattr(settings, name).get_secret_value())
    monkeypatch.setenv("SMTP_SECURITY", "none")
    monkeypatch.setenv("LOG_LEVEL", "warning")


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Give what the command printed, without the log's lines."""
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]


async def test_a_front_end_is_allowed_and_forbidden(
    office: Office, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    front_end = f"https://{new_id()}.example"

    async def may_read() -> bool:
        headers = {"Origin": front_end, "Authorization": f"Bearer {office.access_token}"}
        async with client_of(create_app(container), **headers) as client:
            answer = await client.get("/v1/contacts")
        return bool(answer.headers.get("access-control-allow-origin") == front_end)

    assert not await may_read()
    for _ in range(2):
        assert await origins(office.organization_id, "--allow", front_end) == 0
        assert said(capsys) == [front_end]
    assert await may_read()
    assert await origins(office.organization_id, "--forbid", front_end) == 0
    assert said(capsys) == []
    assert not await may_read()


async def test_who_is_not_there_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert await origins(new_id(), "--allow", "https://app.example") == 1
    assert "no such organization" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["https://", "https://App.example", "https://app.example/", "*",
                                  "https://me@app.example", "ftp://app.example"])  # fmt: skip
async def test_what_no_browser_sends_is_refused(
    text: str, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        await origins(office.organization_id, "--allow", text)
    assert "https://host" in capsys.readouterr().err
