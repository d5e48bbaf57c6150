"""The part of the demo about a boat: its owner, its delivery note, another client, a credit."""

from dataclasses import dataclass

from app.sandbox.calling import Caller, Json, Surprise, await_message, token_in
from app.sandbox.telling import Teller, expect

_LINES = [{"description": "Estancia en seco", "quantity": "6", "unit": "días", "unit_price": "18"}]


@dataclass
class Yard:
    """A boatyard that enters a boat, and makes its delivery note out to who pays."""

    teller: Teller
    api: Caller
    client: Caller
    inbox: Caller
    run: str

    def serve(self, owner: Json, address: str) -> None:
        """Send the owner a delivery note for their boat, then make it out to another client."""
        boat = self._enter_boat(owner)
        note, link = self._deliver(boat, address)
        self._move(note, link)
        self._correct(owner)

    def _enter_boat(self, owner: Json) -> Json:
        self.teller.tell("Enter the client's boat")
        body = {"name": "Brisa de Prueba", "owner_id": owner["id"], "length_m": "11.40"}
        boat = self.api.call("POST", "/v1/vessels", body, key=f"demo:{self.run}:boat")
        self.teller.show("POST /v1/vessels", boat, "name", "owner", "length_m")
        proposed = boat["proposed_clients"][0]["contact"]
        expect(proposed["id"] == owner["id"], "documents of the boat are proposed for its owner")
        return boat

    def _deliver(self, boat: Json, address: str) -> tuple[Json, str]:
        self.teller.tell("Send a delivery note for the boat")
        key = f"demo:{self.run}:note"
        client = boat["proposed_clients"][0]["contact"]
        draft = {
            "type": "delivery_note",
            "contact_id": client["id"],
            "vessel_id": boat["id"],
            "title": "Invernaje",
            "lines": _LINES,
        }
        made = self.api.call("POST", "/v1/documents", draft, key=key)
        path = f"/v1/documents/{made['id']}"
        note = self.api.call("POST", f"{path}/issue", key=f"{key}:issue")
        self.api.call("POST", f"{path}/dispatches", {}, key=f"{key}:send")
        self.teller.show(f"POST {path}/issue", note, "number", "revision", "contact", "vessel_id")
        message = await_message(self.inbox, to=address, about=note["number"])
        return note, f"/public/v1/documents/{token_in(message)}"

    def _move(self, note: Json, link: str) -> None:
        self.teller.tell("Make it out to whoever pays for the boat")
        payer = {
            "party_kind": "legal_entity",
            "legal_name": "Gestora Náutica Inventada, S.L.",
            "roles": ["client"],
            "emails": [{"address": f"gestora+{self.run}@costa.example"}],
        }
        contact = self.api.call("POST", "/v1/contacts", payer, key=f"demo:{self.run}:payer")
        path = f"/v1/documents/{note['id']}/change-contact"
        body = {"contact_id": contact["id"]}
        moved = self.api.call("POST", path, body, key=f"demo:{self.run}:move")
        self.teller.show(f"POST {path}", moved, "number", "revision", "contact")
        expect(moved["number"] == note["number"], "the number stays")
        expect(moved["revision"] == note["revision"] + 1, "it is the next revision")
        try:
            self.client.call("GET", link)
        except Surprise as refusal:
            expect(" answered 404" in str(refusal), "the old client's link opens nothing")
            self.teller.say("GET /public/v1/documents/…", "404: it is no longer theirs")
            return
        raise Surprise("the old client still reads the document")

    def _correct(self, owner: Json) -> None:
        self.teller.tell("Credit a part of an invoice")
        key = f"demo:{self.run}:credit"
        draft = {"type": "invoice", "contact_id": owner["id"], "lines": _LINES}
        made = self.api.call("POST", "/v1/documents", draft, key=key)
        path = f"/v1/documents/{made['id']}"
        invoice = self.api.call("POST", f"{path}/issue", key=f"{key}:issue")
        order = {"method": "differences", "cause": "discount"}
        begun = self.api.call("POST", f"{path}/correct", order, key=f"{key}:correct")
        own = f"/v1/documents/{begun['id']}"
        lines = [{**_LINES[0], "quantity": "-1"}]
        self.api.call("PATCH", own, {"lines": lines}, if_match=begun["version"])
        credit = self.api.call("POST", f"{own}/issue", key=f"{key}:credit")
        self.teller.show(f"POST {path}/correct", credit, "number", "total", "correction")
        after = self.api.call("GET", path)
        self.teller.show(f"GET {path}", after, "number", "amount_due", "badges")
        expect("corrected" in after["badges"], "the invoice says that it was corrected")
        expect(after["total"] == invoice["total"], "what was issued stays as it was")
        due = invoice["amount_due"]["amount"] + credit["total"]["amount"]
        expect(after["amount_due"]["amount"] == due, "so much less of it is due")
