"""The part of the demo in which the client pays: by card, and by a transfer in two parts."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.sandbox.calling import Caller, Json, await_message, token_in
from app.sandbox.telling import Teller, await_that, expect

_LINES = [
    {
        "description": "Cambio de ánodos",
        "quantity": "4",
        "unit": "ud",
        "unit_price": "62.50",
    }
]
_CARD = "4600000010000400"
"""A test number the acquirer accepts."""
_FIRST_PART_MINOR = 10000


@dataclass
class Payer:
    """A client who gets an invoice and pays it."""

    teller: Teller
    api: Caller
    client: Caller
    inbox: Caller
    lemonway: Caller
    run: str

    def by_card(self, contact: Json, address: str) -> None:
        """Pay an invoice on the provider's card page."""
        self.teller.tell("Send an invoice, and pay it by card as the client")
        invoice, path = self._invoice(contact, address, "card")
        begun = self._begin(path, "card")
        page = self.lemonway.fetch("GET", begun["redirect_url"]).text
        token = re.search(r'name="token" value="([^"]+)"', page)
        expect(token is not None, "the provider shows its page")
        form = {"token": token[1] if token else "", "number": _CARD, "action": "pay"}
        target = urlsplit(begun["redirect_url"]).path + "pay"
        self.lemonway.submit(target, form)
        self.teller.say("", "the card is accepted on the provider's page")
        self._await_state(invoice, "paid")
        self._await_receipt(invoice)

    def by_transfer(self, contact: Json, address: str) -> None:
        """Pay an invoice by a transfer in two parts."""
        self.teller.tell("Send another invoice, and pay it by transfer in two parts")
        invoice, path = self._invoice(contact, address, "transfer")
        told = self._begin(path, "bank_transfer")["transfer_instructions"]
        self.teller.say("", f"{told['iban']}, {told['reference']}")
        whole = told["amount"]["amount"]
        for part, state in (
            (_FIRST_PART_MINOR, "partially_paid"),
            (whole - _FIRST_PART_MINOR, "paid"),
        ):
            wire = {
                "iban": told["iban"],
                "amount_cents": part,
                "label": f"Pago {told['reference'].lower()} gracias",
            }
            self.lemonway.call("POST", "/_control/wire", wire)
            self._await_state(invoice, state)

    def _invoice(self, contact: Json, address: str, name: str) -> tuple[Json, str]:
        """Issue and send an invoice; give it with the client's path."""
        key = f"demo:{self.run}:{name}"
        draft = {"type": "invoice", "contact_id": contact["id"], "title": "Ánodos", "lines": _LINES}
        made = self.api.call("POST", "/v1/documents", draft, key=key)
        path = f"/v1/documents/{made['id']}"
        issued = self.api.call("POST", f"{path}/issue", key=f"{key}:issue")
        self.api.call("POST", f"{path}/dispatches", {}, key=f"{key}:send")
        message = await_message(self.inbox, to=address, about=issued["number"])
        self.teller.show(f"POST {path}/issue", issued, "number", "total", "payment_state")
        return issued, f"/public/v1/documents/{token_in(message)}"

    def _begin(self, path: str, method: str) -> Json:
        shared = self.client.call("GET", path)
        expect("pay" in shared["allowed_actions"], "the document can be paid")
        body = {"method": method, "form_nonce": shared["form_nonce"]}
        begun = self.client.call("POST", f"{path}/payments", body, key=f"demo:{self.run}:{method}")
        self.teller.show("POST /public/v1/documents/…/payments", begun, "method", "state", "amount")
        return begun

    def _await_state(self, invoice: Json, state: str) -> None:
        path = f"/v1/documents/{invoice['id']}"

        def is_so() -> bool:
            return bool(self.api.call("GET", path)["payment_state"] == state)

        await_that(is_so, f"the office sees it as {state}")
        fresh = self.api.call("GET", path)
        self.teller.show(f"GET {path}", fresh, "payment_state", "badges", "amount_due")

    def _await_receipt(self, invoice: Json) -> None:
        path = f"/v1/dispatches?document_id={invoice['id']}"

        def is_sent() -> bool:
            listed = self.api.call("GET", path)["data"]
            receipts = [one for one in listed if one["kind"] == "receipt"]
            return any(one["recipients"][0]["sent_at"] is not None for one in receipts)

        await_that(is_sent, "the client is mailed the receipt")
        self.teller.say("", "the client is mailed the receipt")
