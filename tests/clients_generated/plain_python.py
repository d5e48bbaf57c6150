"""openapi-python-client's package: from a quote to its acceptance."""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from conforme_client import AuthenticatedClient, Client
from conforme_client.api.client_page import accept_document, get_shared_document
from conforme_client.api.contacts import create_contact
from conforme_client.api.dispatch import dispatch_document
from conforme_client.api.documents import create_document, get_document, issue_document
from conforme_client.models import ClientAnswer, ContactDraft, DispatchOrder, DocumentDraft, Problem

FACTS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
ADDRESS = f"generated-{uuid4()}@velero.example"


def given(answer: Any) -> Any:
    if answer is None or isinstance(answer, Problem):
        sys.exit(f"refused: {answer}")
    return answer


def token() -> str:
    inbox = httpx.Client(base_url=FACTS["inbox_url"], trust_env=False)
    for _ in range(150):
        for one in inbox.get("/api/v1/messages?limit=100").json()["messages"]:
            if one["To"][0]["Address"] == ADDRESS:
                text = inbox.get(f"/api/v1/message/{one['ID']}").json()["Text"]
                found = re.search(r"/d/([\w-]{43})", text)
                if found:
                    return found[1]
        time.sleep(0.2)
    sys.exit("no message came")


api = AuthenticatedClient(base_url=FACTS["api_url"], token=FACTS["api_key"])
client = Client(base_url=FACTS["api_url"])
contact = given(
    create_contact.sync(
        client=api,
        body=ContactDraft.from_dict(
            {
                "party_kind": "legal_entity",
                "legal_name": "Velero Generado, S.L.",
                "roles": ["client"],
                "tax_id": "A58818501",
                "allow_duplicate": True,
                "emails": [{"address": ADDRESS}],
                "addresses": [
                    {
                        "kind": "fiscal",
                        "street": "Calle de la Prueba 12",
                        "postal_code": "07012",
                        "city": "Palma",
                    }
                ],
            }
        ),
    )
)
line = {"description": "Limpieza", "quantity": "2", "unit": "h", "unit_price": "45.00"}
draft = {"type": "quote", "contact_id": str(contact.id), "lines": [line]}
quote = given(create_document.sync(client=api, body=DocumentDraft.from_dict(draft)))
issued = given(issue_document.sync(quote.id, client=api))
given(
    dispatch_document.sync(
        quote.id, client=api, body=DispatchOrder(), idempotency_key=str(uuid4())
    )
)
link = token()
shared = given(get_shared_document.sync(link, client=client))
answer = ClientAnswer(name="Ana Ruiz", statement_accepted=True, form_nonce=shared.form_nonce)
given(accept_document.sync(link, client=client, body=answer))
status = given(get_document.sync(quote.id, client=api)).status
if str(getattr(status, "value", status)) != "accepted":
    sys.exit(f"not accepted: {status}")
print(f"openapi-python-client: {issued.number} accepted")
