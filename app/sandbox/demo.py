"""`make demo`: the main job against the running sandbox, every step over the network.

Contact, quote, issue, e-mail, the client's link out of the real message, rejection with
a comment, acceptance, history; a boat, whose delivery note goes to another client; two
invoices paid, by card and by transfer. Each step prints what was answered.
"""

import json
import sys
import time
from pathlib import Path
from uuid import uuid4

from app.sandbox.calling import Caller, Json, Surprise, await_message, token_in
from app.sandbox.demo_life import Yard
from app.sandbox.demo_paying import Payer
from app.sandbox.run import LOCAL
from app.sandbox.telling import Teller, await_that, expect

_CLIENT = "Marina Prueba Costa"
_COMMENT = "Es más de lo que esperaba. ¿Podéis ajustar la mano de obra?"
_STREET = {"street": "Passeig del Born 5", "postal_code": "07012", "city": "Palma"}
_LINES = [
    {
        "description": "Limpieza de casco con agua a presión",
        "quantity": "3",
        "unit": "h",
        "unit_price": "45.00",
    },
    {
        "description": "Antifouling autopulimentable\nDos manos",
        "quantity": "12",
        "unit": "l",
        "unit_price": "38.50",
        "discount_percent": "10",
    },
]


def run(local: Path = LOCAL) -> int:
    """Play the main job; 0 when every answer was as it must be."""
    try:
        facts = json.loads((local / "sandbox.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        _fail(f"No sandbox runs here ({local / 'sandbox.json'} is not there). Start `make run`.")
        return 1
    try:
        _Demo(facts).play()
    except Surprise as surprise:
        _fail(f"\nThe demo stopped: {surprise}")
        return 1
    return 0


class _Demo:
    def __init__(self, facts: Json) -> None:
        self._facts = facts
        self._teller = Teller()
        self._run = uuid4().hex[:8]
        self._address = f"marina+{self._run}@costa.example"

    def play(self) -> None:
        """Go through all steps.

        Raises:
            Surprise: An answer was not the one expected.
        """
        started = time.monotonic()
        with Caller(self._facts["api_url"]) as anyone:
            token = self._log_in(anyone)
        with (
            Caller(self._facts["api_url"], token) as api,
            Caller(self._facts["api_url"]) as client,
            Caller(self._facts["inbox_url"]) as inbox,
        ):
            contact = self._create_contact(api)
            quote = self._issue_quote(api, contact)
            self._send(api, quote)
            link = self._read_mail(inbox, quote)
            self._open(client, link, quote)
            self._reject(client, link)
            self._see(api, quote, status="rejected")
            self._accept(client, link)
            self._see(api, quote, status="accepted")
            self._read_history(api, contact, quote)
            yard = Yard(self._teller, api, client, inbox, self._run)
            yard.serve(contact, self._address)
            with Caller(self._facts["lemonway_url"]) as lemonway:
                payer = Payer(self._teller, api, client, inbox, lemonway, self._run)
                payer.by_card(contact, self._address)
                payer.by_transfer(contact, self._address)
            self._stay_out(contact)
        print(f"\nAll as it must be, in {time.monotonic() - started:.1f} s.")

    def _log_in(self, anyone: Caller) -> str:
        self._teller.tell("Sign in as the organization's admin")
        body = {"email": self._facts["admin_email"], "password": self._facts["admin_password"]}
        tokens = anyone.call("POST", "/v1/auth/login", body)
        self._teller.show("POST /v1/auth/login", tokens, "token_type", "expires_in")
        return str(tokens["access_token"])

    def _create_contact(self, api: Caller) -> Json:
        self._teller.tell("Create a contact")
        body = {
            "party_kind": "natural_person",
            "given_name": "Marina",
            "surname": "Prueba",
            "second_surname": "Costa",
            "roles": ["client"],
            "tax_id": "22222222J",
            "allow_duplicate": True,
            "emails": [{"address": self._address, "is_primary": True}],
            "addresses": [{"kind": "fiscal", **_STREET}],
        }
        contact = api.call("POST", "/v1/contacts", body, key=f"demo:{self._run}:contact")
        self._teller.show("POST /v1/contacts", contact, "id", "display_name", "status")
        return contact

    def _issue_quote(self, api: Caller, contact: Json) -> Json:
        self._teller.tell("Draw up a quote and issue it")
        draft = {
            "type": "quote",
            "contact_id": contact["id"],
            "title": "Antifouling y limpieza",
            "lines": _LINES,
        }
        quote = api.call("POST", "/v1/documents", draft, key=f"demo:{self._run}:quote")
        self._teller.show("POST /v1/documents", quote, "status_label", "number", "total")
        expect(quote["number"] is None, "a draft has no number")
        path = f"/v1/documents/{quote['id']}"
        issued = api.call("POST", f"{path}/issue", key=f"demo:{self._run}:issue")
        self._teller.show(
            f"POST {path}/issue", issued, "status_label", "number", "total", "pdf_sha256"
        )
        expect(bool(issued["number"]), "an issued quote has a number")
        pdf = api.fetch("GET", f"{path}/pdf").content
        expect(pdf.startswith(b"%PDF-"), "the PDF is a PDF")
        self._teller.say(f"GET {path}/pdf", f"{len(pdf)} bytes of PDF")
        return issued

    def _send(self, api: Caller, quote: Json) -> None:
        self._teller.tell("Send it by e-mail")
        path = f"/v1/documents/{quote['id']}/dispatches"
        dispatch = api.call("POST", path, {}, key=f"demo:{self._run}:send")
        recipient = dispatch["recipients"][0]
        self._teller.show(f"POST {path}", dispatch, "subject", "kind")
        self._teller.say("", f"{recipient['address']}: {recipient['delivery_state']}")

        def states() -> list[str]:
            fresh = api.call("GET", f"/v1/dispatches/{dispatch['id']}")
            return [str(one["delivery_state"]) for one in fresh["recipients"]]

        await_that(lambda: states() == ["sent"], "the relay accepts the message")
        self._teller.say(
            f"GET /v1/dispatches/{dispatch['id']}", "sent: the relay accepted the message"
        )

    def _read_mail(self, inbox: Caller, quote: Json) -> str:
        self._teller.tell("Read the message in the client's inbox")
        message = await_message(inbox, to=self._address, about=quote["number"])
        attachment = message["Attachments"][0]
        self._teller.show("GET /api/v1/message/…", message, "Subject")
        path = f"/api/v1/message/{message['ID']}/part/{attachment['PartID']}"
        pdf = inbox.fetch("GET", path).content
        expect(pdf.startswith(b"%PDF-"), "the attachment is a PDF")
        self._teller.say("", f"{attachment['FileName']}, {len(pdf)} bytes")
        digest = attachment["Checksums"]["SHA256"]
        expect(digest == quote["pdf_sha256"], "the attachment is the PDF that was issued")
        self._teller.say("", "its SHA-256 is that of the issued PDF")
        return token_in(message)

    def _open(self, client: Caller, link: str, quote: Json) -> None:
        self._teller.tell("Open the link as the client, without any log-in")
        page = client.fetch("GET", f"/d/{link}")
        expect(quote["number"] in page.text, "the page shows the quote")
        self._teller.say("GET /d/…", f"{page.status_code}, {len(page.content)} bytes of HTML")
        shared = client.call("GET", f"/public/v1/documents/{link}")
        self._teller.show("GET /public/v1/documents/…", shared, "allowed_actions", "reasons")
        client.call("POST", f"/public/v1/documents/{link}/views", {"signal": "scroll"})

    def _reject(self, client: Caller, link: str) -> None:
        self._teller.tell("Reject it with a comment")
        shared = self._answer(client, link, "reject", _COMMENT)
        expect(shared["decision"]["decision"] == "rejected", "it is rejected")
        expect(shared["decision"]["comment"] == _COMMENT, "the comment is kept")

    def _accept(self, client: Caller, link: str) -> None:
        self._teller.tell("Think again, and accept it")
        shared = self._answer(client, link, "accept", None)
        expect(shared["decision"]["decision"] == "accepted", "it is accepted")

    def _answer(self, client: Caller, link: str, deed: str, comment: str | None) -> Json:
        path = f"/public/v1/documents/{link}"
        form = {
            "name": _CLIENT,
            "form_nonce": client.call("GET", path)["form_nonce"],
            "statement_accepted": True,
            "comment": comment,
        }
        shared = client.call("POST", f"{path}/{deed}", form)
        self._teller.show(
            f"POST /public/v1/documents/…/{deed}", shared, "decision", "allowed_actions"
        )
        return shared

    def _see(self, api: Caller, quote: Json, *, status: str) -> None:
        fresh = api.call("GET", f"/v1/documents/{quote['id']}")
        self._teller.show(
            f"GET /v1/documents/{quote['id']}", fresh, "status", "status_label", "badges"
        )
        expect(fresh["status"] == status, f"the office sees it as {status}")

    def _read_history(self, api: Caller, contact: Json, quote: Json) -> None:
        self._teller.tell("Read what happened, in the contact's history")
        timeline = api.call("GET", f"/v1/contacts/{contact['id']}/timeline?limit=100")
        for entry in reversed(timeline["data"]):
            self._teller.say(entry["occurred_at"], f"{entry['kind']:<22} {entry['summary']}")
        kinds = {entry["kind"] for entry in timeline["data"]}
        needed = {"document.issued", "document.rejected", "document.accepted"}
        expect(needed <= kinds, f"the history tells {', '.join(sorted(needed))}")
        notices = api.call("GET", "/v1/notices?reviewed=false&limit=100")["data"]
        raised = [one for one in notices if one["document_id"] == quote["id"]]
        expect(bool(raised), "the rejection waits to be reviewed")
        self._teller.say("GET /v1/notices?reviewed=false", raised[0]["summary"])

    def _stay_out(self, contact: Json) -> None:
        self._teller.tell("Try the same contact from another organization")
        with Caller(
            self._facts["api_url"], self._facts["other_organization"]["api_key"]
        ) as foreign:
            try:
                foreign.call("GET", f"/v1/contacts/{contact['id']}")
            except Surprise as refusal:
                expect(" answered 404" in str(refusal), "a foreign contact is not found")
                self._teller.say(f"GET /v1/contacts/{contact['id']}", "404, as if it did not exist")
                return
        raise Surprise("another organization could read the contact")


def _fail(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
