"""openapi-python-client's package, from a quote to its acceptance.

The two TypeScript generators need node: `make clients`.
"""

import asyncio
import compileall
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from app.kernel.identifiers import new_id
from tests.clients import client_behind
from tests.conftest import ROOT
from tests.factories import CONTACT, LINE
from tests.fakes import FakeMail
from tests.offices import Office

PACKAGE = "conforme_client"
CONFIG = '{"post_hooks": []}'
"""Nobody reads it, so nothing tidies it."""


@pytest.fixture
async def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package, made from the committed contract, whole and compiled."""
    config = tmp_path / "config.json"
    config.write_text(CONFIG)
    generating = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
        "--path", str(ROOT / "openapi/openapi.json"), "--config", str(config),
        "--output-path", str(tmp_path / PACKAGE), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, _ = await generating.communicate()
    assert generating.returncode == 0, told.decode()
    assert compileall.compile_dir(tmp_path / PACKAGE, quiet=2)
    monkeypatch.syspath_prepend(str(tmp_path))
    return import_module(PACKAGE)


async def test_the_generated_client_goes_from_a_quote_to_its_acceptance(
    office: Office, mail: FakeMail, generated: ModuleType
) -> None:
    httpx_args = {"transport": httpx.ASGITransport(office.app)}
    api = generated.AuthenticatedClient(
        base_url="http://api.example", token=office.access_token, httpx_args=httpx_args
    )
    client = generated.Client(base_url="http://api.example", httpx_args=httpx_args)
    models = import_module(f"{PACKAGE}.models")

    async def call(name: str, *arguments: object, **named: object) -> Any:
        answer = await import_module(f"{PACKAGE}.api.{name}").asyncio(*arguments, **named)
        assert answer is not None
        assert not isinstance(answer, models.Problem), answer
        return answer

    body = models.ContactDraft.from_dict(CONTACT)
    contact = await call("contacts.create_contact", client=api, body=body)
    draft = {"type": "quote", "contact_id": str(contact.id), "lines": [LINE]}
    body = models.DocumentDraft.from_dict(draft)
    quote = await call("documents.create_document", client=api, body=body)
    await call("documents.issue_document", quote.id, client=api)
    await call(
        "dispatch.dispatch_document",
        quote.id,
        client=api,
        body=models.DispatchOrder(),
        idempotency_key=str(new_id()),
    )
    await office.deliver()
    link = client_behind(office.api, mail).token
    shared = await call("client_page.get_shared_document", link, client=client)
    answer = models.ClientAnswer(
        name="Ana Ruiz", statement_accepted=True, form_nonce=shared.form_nonce
    )
    await call("client_page.accept_document", link, client=client, body=answer)
    read = await call("documents.get_document", quote.id, client=api)
    assert read.status == "accepted"
