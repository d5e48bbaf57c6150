"""`create-organization` keeps what is right, whole, and tells all that is wrong."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.cli import main
from app.container import Container
from app.kernel.identifiers import new_id
from app.main import create_app
from app.organizations import queries, service
from app.organizations.models import ApiKey, User
from app.settings import Settings
from tests.offices import client_of

RIGHT = {
    "name": "Taller Náutico", "legal-name": "Taller Náutico, S.L.", "tax-id": "b-83534750",
    "street": "Muelle 3", "postal-code": "07001", "city": "Palma", "province": "Illes Balears",
    "email": "oficina@taller.example", "iban": "ES91 2100 0418 4502 0005 1332",
    "phone": "971 00 00 00", "admin-name": "Joan Muestra",
}  # fmt: skip


@pytest.fixture
def password_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A password, and the settings of this test process in the environment."""
    for name in ("database_url", "secret_key", "encryption_key"):
        monkeypatch.setenv(name.upper(), getattr(settings, name).get_secret_value())
    monkeypatch.setenv("SMTP_SECURITY", "none")
    path = tmp_path / "password"
    path.write_text("una frase larga y propia")
    return path


async def create(password_file: Path, admin_email: str, **changes: str) -> int:
    values = {**RIGHT, **{name.replace("_", "-"): value for name, value in changes.items()}}
    options = [f"--{name}={value}" for name, value in values.items()]
    arguments = ["create-organization", *options, f"--admin-email={admin_email}", "--api-key"]
    return await asyncio.to_thread(main, [*arguments, f"--password-file={password_file}"])


async def test_the_key_printed_works(
    password_file: Path, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await create(password_file, f"{new_id()}@taller.example") == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    key = told["API"].removeprefix("key").strip()
    async with client_of(create_app(container), Authorization=f"Bearer {key}") as api:
        organization = (await api.get("/v1/organization")).json()
    assert organization["id"] == told["organization"]
    assert organization["tax_id"] == "B83534750"
    assert organization["iban"] == "ES9121000418450200051332"
    assert organization["phone"] == "+34971000000"


async def test_all_that_is_wrong_is_told_and_nothing_is_kept(
    password_file: Path, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    email = f"{new_id()}@@taller.example"
    wrong = {
        "tax_id": "B83534751",
        "iban": "ES9121000418450200051333",
        "email": "oficina",
        "postal_code": "99999",
    }
    assert await create(password_file, email, **wrong) == 2
    told = capsys.readouterr()
    assert told.out == ""
    named = {line.split(":")[0] for line in told.err.splitlines()}
    assert named == {"--tax-id", "--iban", "--email", "--postal-code", "--admin-email"}
    async with container.database.transaction() as tx:
        assert await queries.find_user_by_email(tx, email) is None


async def test_a_key_that_is_not_kept_is_not_shown(
    password_file: Path,
    container: Container,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_service = service.create_api_key

    def fail(_: Session) -> None:
        raise RuntimeError("the commit")

    async def create_doomed(tx: AsyncSession, *args: Any, **options: Any) -> tuple[ApiKey, str]:  # noqa: ANN401
        event.listen(tx.sync_session, "before_commit", fail)
        return await of_service(tx, *args, **options)

    monkeypatch.setattr(service, "create_api_key", create_doomed)
    email = f"{new_id()}@taller.example"
    with pytest.raises(RuntimeError, match="the commit"):
        await create(password_file, email)
    assert capsys.readouterr().out == ""
    async with container.database.transaction() as tx:
        kept = select(func.count()).select_from(User).where(User.email == email)
        assert await tx.scalar(kept) == 0


async def test_an_empty_name_is_none(password_file: Path) -> None:
    with pytest.raises(SystemExit):
        await create(password_file, f"{new_id()}@taller.example", name="  ")
