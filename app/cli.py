"""What an operator types: serve, work, migrate, and the first organization."""

import argparse
import asyncio
import getpass
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from alembic import command
from alembic.config import Config
from pydantic import ValidationError
from uvicorn.loops.auto import auto_loop_factory

from app import logs
from app.container import Container, open_container
from app.invariants import pack
from app.jobs import dead_letters
from app.kernel.clock import SystemClock
from app.kernel.errors import Invalid, NotFound
from app.kernel.vault import Vault
from app.kernel.wording import wording
from app.main import create_app
from app.organizations import queries as organizations
from app.organizations.passwords import PASSWORD_LENGTH_MIN
from app.organizations.service import Founding, allow_origin, forbid_origin
from app.settings import Settings, is_origin
from app.upkeep import backup, doctor
from app.upkeep.founding import Admin, found
from app.upkeep.serving import Server
from app.web import openapi
from app.worker import create_runner

ROOT = Path(__file__).parent.parent
_NOWHERE = Settings.model_validate(
    {
        "database_url": "postgresql://127.0.0.1/nowhere",
        "secret_key": "describing needs no secret and no database",
        "encryption_key": "A" * 43,
        "smtp_security": "none",
    }
)
"""Enough to build the application, which connects to nothing until it is asked."""

DRAIN_S = 5.0
"""How long a process told to stop says that it is not ready, before it takes no more."""

GRACE_S = 20
"""How long requests and jobs under way may take when the process is told to stop."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except ValidationError as error:
        print("The settings are missing or wrong:", file=sys.stderr)
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            says = str(fault["msg"]).removeprefix("Value error, ")
            print(f"  {name or 'settings'}: {says}", file=sys.stderr)
        print("The README explains every setting.", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="conforme", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[argparse.Namespace], int], help_text: str) -> Any:  # noqa: ANN401 - argparse's own
        child = commands.add_parser(name, help=help_text, description=help_text)
        child.set_defaults(run=run)
        return child

    serve = add("serve", _serve, "Answer HTTP requests.")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    drain = "seconds after SIGTERM in which it is not ready, but still answers"
    serve.add_argument("--drain", type=float, default=DRAIN_S, metavar="SECONDS", help=drain)
    add("work", _work, "Do the jobs: send mail, make PDFs, sweep.")
    add("migrate", _migrate, "Bring the database to the schema of this version.")
    write = add("openapi", _openapi, "Write the OpenAPI description.")
    write.add_argument("path", nargs="?", default=str(ROOT / "openapi" / "openapi.json"))
    organization = add("create-organization", _create_organization, "Found an organization.")
    for name in ("name", "legal-name", "tax-id", "street", "postal-code", "city", "province"):
        organization.add_argument(f"--{name}", required=True, type=_words)
    organization.add_argument("--email", required=True, help="the organization's, for replies")
    organization.add_argument("--phone")
    organization.add_argument("--iban")
    organization.add_argument("--admin-email", required=True)
    organization.add_argument("--admin-name", required=True, type=_words)
    organization.add_argument("--password-file", help="read the admin's password from a file")
    organization.add_argument("--api-key", action="store_true", help="also print an API key")
    origins = add("origins", _origins, "List, add or remove an organization's front ends (CORS).")
    origins.add_argument("organization", type=UUID, help="its id")
    origins.add_argument("--allow", type=_origin, metavar="ORIGIN", help="https://host")
    origins.add_argument("--forbid", type=_origin, metavar="ORIGIN")
    jobs = add("jobs", _jobs, "List the jobs that failed for good, or let one be tried again.")
    jobs.add_argument("--retry", type=int, metavar="ID")
    add(
        "seal",
        _seal,
        "Encrypt a credential for the settings; it is asked for, or read from a pipe.",
    )
    add("doctor", _doctor, "Look at all the service stands on, and name what is wrong.")
    backup = add("backup", _backup, "Copy the whole database to one file.")
    backup.add_argument("path", type=Path, help="a new file")
    restore = add("restore", _restore, "Bring a copy back into an empty database.")
    restore.add_argument("path", type=Path, help="what `backup` wrote")
    into = "the environment variable with the new database's address"
    restore.add_argument("--into", required=True, metavar="NAME", help=into)
    add("check", _check, "Check what must be true of every organization's rows; read-only.")
    sandbox = add("sandbox", _sandbox, "Run everything on this machine, with sample data.")
    sandbox.add_argument("--fresh", action="store_true", help="start over with new data")
    add("demo", _demo, "Play the main job against the running sandbox.")
    return parser


def _words(text: str) -> str:
    """Take an argument that says something."""
    words = " ".join(text.split())
    if not words:
        raise argparse.ArgumentTypeError("it is empty")
    return words


def _origin(text: str) -> str:
    """Take an argument that is a front end's origin."""
    if not is_origin(text):
        raise argparse.ArgumentTypeError("write it as https://host, without a path")
    return text


def _settings() -> Settings:
    settings = Settings()
    logs.configure(settings.log_level)
    return settings


def _serve(options: argparse.Namespace) -> int:
    settings = _settings()

    async def run() -> None:
        async with open_container(settings, for_worker=False) as container:
            app = create_app(container)
            config = uvicorn.Config(
                app,
                host=options.host,
                port=options.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                h11_max_incomplete_event_size=32_768,
            )
            await Server(app, config, drain_s=options.drain).serve()

    _run(run())
    return 0


def _work(_: argparse.Namespace) -> int:
    settings = _settings()

    async def run() -> None:
        async with open_container(settings, for_worker=True) as container:
            runner = create_runner(container)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, runner.stop)
            await runner.run()

    _run(run())
    return 0


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a process that stays, on the quickest event loop there is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(work)


def _migrate(_: argparse.Namespace) -> int:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "head")
    return 0


def _openapi(options: argparse.Namespace) -> int:
    path = Path(options.path)
    path.parent.mkdir(parents=True, exist_ok=True)

    async def run() -> None:
        async with open_container(_NOWHERE, for_worker=False) as container:
            openapi.write(create_app(container), path)

    asyncio.run(run())
    return 0


def _create_organization(options: argparse.Namespace) -> int:
    if options.password_file:
        password = Path(options.password_file).read_text(encoding="utf-8").strip()
    else:
        password = getpass.getpass("Password of the admin: ")
    if len(password) < PASSWORD_LENGTH_MIN:
        print(f"The password needs {PASSWORD_LENGTH_MIN} characters.", file=sys.stderr)
        return 2

    founding = Founding(
        name=options.name,
        legal_name=options.legal_name,
        tax_id=options.tax_id,
        street=options.street,
        postal_code=options.postal_code,
        city=options.city,
        province=options.province,
        email=options.email,
        phone=options.phone,
        iban=options.iban,
    )
    admin = Admin(options.admin_email, options.admin_name, password)

    async def run(container: Container) -> None:
        made = await found(container, founding, admin, with_key=options.api_key)
        print(f"organization {made.organization_id}")
        print(f"admin        {made.admin_email}")
        if made.api_key is not None:
            print(f"API key      {made.api_key}")

    try:
        _with_container(run)
    except Invalid as refused:
        texts = wording("problems", "en")
        for fault in refused.faults:
            option = fault.pointer.removeprefix("/").replace("_", "-")
            print(f"--{option}: {texts(f'fault.{fault.code}')}", file=sys.stderr)
        return 2
    return 0


def _origins(options: argparse.Namespace) -> int:
    status = 0

    async def run(container: Container) -> None:
        nonlocal status
        async with container.database.transaction(options.organization) as tx:
            try:
                await organizations.get(tx, options.organization)
            except NotFound:
                print("no such organization", file=sys.stderr)
                status = 1
                return
            if options.allow is not None:
                await allow_origin(tx, options.organization, options.allow)
            if options.forbid is not None:
                await forbid_origin(tx, options.organization, options.forbid)
            for origin in await organizations.origins_of(tx, options.organization):
                print(origin)

    _with_container(run)
    return status


def _jobs(options: argparse.Namespace) -> int:
    status = 0

    async def run(container: Container) -> None:
        nonlocal status
        async with container.database.transaction() as tx:
            if options.retry is not None:
                was_dead = await dead_letters.requeue(tx, options.retry)
                print("will be tried again" if was_dead else "no such dead letter")
                status = 0 if was_dead else 1
                return
            for letter in await dead_letters.list_dead(tx):
                print(
                    f"{letter.id}\t{letter.name}\t{letter.organization_id}\t"
                    f"{letter.failed_at:%Y-%m-%d %H:%M}\t{letter.error}"
                )

    _with_container(run, for_worker=True)
    return status


def _seal(_: argparse.Namespace) -> int:
    key = _settings().encryption_key.get_secret_value()
    plain = getpass.getpass("Credential: ") if sys.stdin.isatty() else sys.stdin.readline()
    print(Vault.from_text(key).seal_text(plain.strip()))
    return 0


def _doctor(_: argparse.Namespace) -> int:
    findings = asyncio.run(doctor.examine(_settings(), SystemClock()))
    for finding in findings:
        print(f"{finding.state:9} {finding.subject}: {finding.says}")
    return 1 if any(finding.state == "ill" for finding in findings) else 0


def _backup(options: argparse.Namespace) -> int:
    settings = _settings()
    url = settings.database_backup_url or settings.database_owner_url or settings.database_url
    try:
        copy = asyncio.run(backup.back_up(url.get_secret_value(), options.path))
    except (backup.BackupError, OSError, asyncpg.PostgresError) as error:
        print(f"No copy was made: {error}", file=sys.stderr)
        return 1
    print(f"{copy.sha256}  {copy.path}  ({copy.size} bytes)")
    return 0


def _restore(options: argparse.Namespace) -> int:
    url = os.environ.get(options.into)
    if not url:
        print(f"{options.into} is not set; put the new database's address there", file=sys.stderr)
        return 2
    try:
        asyncio.run(backup.restore(url, options.path))
    except (backup.BackupError, OSError, asyncpg.PostgresError) as error:
        print(f"Nothing was brought back: {error}", file=sys.stderr)
        return 1
    print("Brought back. Point the settings at it, then run `doctor` and `check`.")
    return 0


def _check(_: argparse.Namespace) -> int:
    found: list[pack.Violation] = []

    async def run(container: Container) -> None:
        async with container.database.transaction() as tx:
            organizations = await pack.organizations(tx)
        for organization_id in organizations:
            async with container.database.transaction(organization_id) as tx:
                found.extend(await pack.check(tx, organization_id, at=container.clock.now()))
        for invariant in pack.INVARIANTS:
            broken = [one for one in found if one.code == invariant.code]
            print(f"{invariant.code:4} {'BROKEN' if broken else 'holds':6} {invariant.meaning}")
            for one in broken:
                print(f"     organization {one.organization_id}: {one.what}")
        print(f"{len(organizations)} organization(s), {len(found)} violation(s)")

    _with_container(run, for_worker=True)
    return 1 if found else 0


def _sandbox(options: argparse.Namespace) -> int:
    from app.sandbox import run  # noqa: PLC0415 - its packages are for development only

    return run.run(fresh=options.fresh)


def _demo(_: argparse.Namespace) -> int:
    from app.sandbox import demo  # noqa: PLC0415 - its packages are for development only

    return demo.run()


def _with_container(
    work: Callable[[Container], Coroutine[Any, Any, None]], *, for_worker: bool = False
) -> None:
    settings = _settings()

    async def run() -> None:
        async with open_container(settings, for_worker=for_worker) as container:
            await work(container)

    asyncio.run(run())


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
