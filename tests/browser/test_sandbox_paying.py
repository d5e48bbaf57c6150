"""Paying in the running sandbox, every step in a real browser or over the network.

A newcomer's organization applies on the provider's page; its clients pay by card and by
transfer, are refused, think again; staff see it, give back, are charged back.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from app.documents import series
from app.kernel.database import Database, open_engine
from app.kernel.identifiers import new_id
from app.organizations import service
from app.organizations.service import Founding
from app.sandbox.calling import Caller, Json, await_message, token_in
from app.sandbox.telling import await_that
from tests.browser.conftest import PHONE
from tests.factories import CONTACT, LINE
from tests.fakes import START
from tests.offices import PASSWORD, PASSWORD_HASH
from tests.payments.paying import ENROLMENT
from tests.sandbox.running import one_at_a_time, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("sandbox")]

ADMIN = "admin@varadero-nuevo.example"
ACCEPTED, REFUSED = "4600000010000400", "4600000010000905"
PAYABLE = 10890


@dataclass
class Shop:
    """An organization in the running sandbox, and everything around it.

    Attributes:
        staff: Its admin, signed in.
    """

    chromium: Browser
    staff: Caller
    client: Caller
    inbox: Caller
    lemonway: Caller
    api_url: str
    contact: Json

    async def open(self, url: str) -> Page:
        """Open an address on a phone of its own."""
        viewport: ViewportSize = {"width": PHONE["width"], "height": PHONE["height"]}
        context = await self.chromium.new_context(viewport=viewport, locale="es-ES")
        page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.goto(url)
        return page

    async def an_invoice(self) -> tuple[Json, Page]:
        """Send an invoice, and open the link out of its mail."""
        draft = {"type": "invoice", "contact_id": self.contact["id"], "lines": [LINE]}
        path = f"/v1/documents/{self.do('/v1/documents', draft)['id']}"
        issued = self.do(f"{path}/issue")
        self.do(f"{path}/dispatches", {})
        address = CONTACT["emails"][0]["address"]
        message = await_message(self.inbox, to=address, about=issued["number"])
        return issued, await self.open(f"{self.api_url}/d/{token_in(message)}")

    def do(self, path: str, body: Json | None = None) -> Json:
        """Have something done by the office."""
        return self.staff.call("POST", path, body, key=str(new_id()))

    def payment_state(self, document: Json) -> str:
        """Read how far a document is paid."""
        return str(self.staff.call("GET", f"/v1/documents/{document['id']}")["payment_state"])

    def await_state(self, document: Json, state: str) -> None:
        """Wait until the office sees it so, in the document and in the list."""
        await_that(lambda: self.payment_state(document) == state, f"the document is {state}")
        listed = self.staff.call("GET", f"/v1/documents?q={document['number']}")["data"]
        assert [one["payment_state"] for one in listed] == [state]

    def payments(self, document: Json) -> list[Json]:
        """List a document's payments, newest first."""
        return list(self.staff.call("GET", f"/v1/documents/{document['id']}/payments")["data"])

    def history(self, document: Json) -> list[str]:
        """List what happened about the document's money, newest first."""
        path = f"/v1/contacts/{self.contact['id']}/timeline?group=payments&limit=50"
        facts = self.staff.call("GET", path)["data"]
        return [one["kind"] for one in facts if one["document_id"] == document["id"]]

    def control(self, path: str, body: Json | None = None) -> Json:
        """Let something happen at the provider."""
        return self.lemonway.call("POST", f"/_control{path}", body or {})


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Json]:
    """Start the sandbox once for all stories."""
    del chromium  # without a browser there is nothing to start for
    with one_at_a_time(), running(tmp_path_factory.mktemp("paying") / ".local") as sandbox:
        yield sandbox.ready()


@pytest.fixture(scope="module")
async def shop(facts: Json, chromium: Browser) -> AsyncIterator[Shop]:
    """Found an organization as an operator does, and have its admin apply in the browser."""
    await _found(facts["database_url"])
    async with AsyncExitStack() as stack:
        callers = [
            stack.enter_context(Caller(facts[name]))
            for name in ("api_url", "inbox_url", "lemonway_url")
        ]
        client, inbox, lemonway = callers
        body = {"email": ADMIN, "password": PASSWORD}
        token = client.call("POST", "/v1/auth/login", body)["access_token"]
        staff = stack.enter_context(Caller(facts["api_url"], token))
        contact = staff.call("POST", "/v1/contacts", CONTACT)
        shop = Shop(chromium, staff, client, inbox, lemonway, facts["api_url"], contact)
        await _apply(shop)
        yield shop
        for context in chromium.contexts:
            await context.close()


async def _found(database_url: str) -> None:
    engine = open_engine(database_url, role="conforme_api", statement_timeout_s=10, pool_size=1)
    founding = Founding(
        name="Varadero Nuevo",
        legal_name="Varadero Nuevo, S.L.",
        tax_id="A58818501",
        street="Muelle de Muestra 9",
        postal_code="07001",
        city="Palma",
        province="Illes Balears",
        email="oficina@varadero-nuevo.example",
        phone="+34971000000",
        iban="ES9121000418450200051332",
    )
    async with Database(engine).transaction() as tx:
        organization, _ = await service.found_organization(
            tx,
            founding,
            admin_email=ADMIN,
            admin_name="Joan Muestra",
            password_hash=PASSWORD_HASH,
            at=START,
        )
        await series.create_defaults(tx, organization.id, at=START)
    await engine.dispose()


async def _apply(shop: Shop) -> None:
    """Apply, hand the form in on the provider's page, and be accepted by its analysts."""
    account = shop.staff.call("POST", "/v1/payment-account", ENROLMENT)
    assert (account["state"], account["can_receive"]) == ("awaiting_information", False)
    page = await shop.open(account["onboarding_url"])
    await expect(page.get_by_role("heading", name="Varadero Nuevo, S.L.")).to_be_visible()
    await page.get_by_role("button", name="Enviar la solicitud").click()
    await page.wait_for_url("**/pay/onboarded")
    _await_account(shop, lambda told: bool(told["state"] == "under_analysis"))
    applicants = shop.lemonway.call("GET", "/_control/state")["applicants"]
    (own,) = [one["id"] for one in applicants if one["name"] == "Varadero Nuevo, S.L."]
    shop.control(f"/onboarding/{own}/accept")
    _await_account(shop, lambda told: bool(told["can_receive"]))


def _await_account(shop: Shop, is_so: Callable[[Json], bool]) -> None:
    await_that(
        lambda: is_so(shop.staff.call("GET", "/v1/payment-account")),
        "the payment account follows the provider",
    )


async def choose(page: Page, way: str) -> None:
    """Go from the document to a way of paying it."""
    await page.get_by_role("link", name="Pagar").click()
    await page.get_by_role("button", name=way).click()


async def to_the_card(page: Page) -> None:
    """Leave for the provider's page."""
    await page.get_by_role("link", name="Ir a la página de pago").click()
    await expect(page.get_by_label("Número de tarjeta")).to_be_visible()


async def see_again(page: Page) -> None:
    """Look at the page once more, as who waits does."""
    await page.goto(page.url)


async def test_a_card_pays_and_is_charged_back(shop: Shop) -> None:
    invoice, page = await shop.an_invoice()
    await choose(page, "Tarjeta")
    await to_the_card(page)
    await page.get_by_label("Número de tarjeta").fill(ACCEPTED)
    await page.get_by_role("button", name="Pagar 108,90").click()
    await page.wait_for_url(f"{shop.api_url}/d/**")
    shop.await_state(invoice, "paid")
    await see_again(page)
    await expect(page.get_by_role("status")).to_contain_text("está pagada. Gracias.")
    assert shop.history(invoice) == ["payment.received", "payment.started"]
    (payment,) = shop.payments(invoice)
    assert (payment["method"], payment["state"]) == ("card", "succeeded")

    moneyins = shop.lemonway.call("GET", "/_control/state")["moneyins"]
    shop.control(f"/moneyins/{moneyins[-1]['id']}/chargeback")
    shop.await_state(invoice, "unpaid")
    (dispute, *_) = shop.staff.call("GET", "/v1/disputes")["data"]
    assert (dispute["document_id"], dispute["state"]) == (invoice["id"], "open")
    assert shop.history(invoice)[0] == "payment.charged_back"
    assert shop.payments(invoice)[0]["needs_review"] is True


async def test_a_refused_card_then_a_page_left_cost_nothing(shop: Shop) -> None:
    invoice, page = await shop.an_invoice()
    await choose(page, "Tarjeta")
    await to_the_card(page)
    await page.get_by_label("Número de tarjeta").fill(REFUSED)
    await page.get_by_role("button", name="Pagar 108,90").click()
    await page.wait_for_url(f"{shop.api_url}/d/**")
    shop.await_state(invoice, "unpaid")
    await see_again(page)
    await expect(page.get_by_role("alert")).to_contain_text("El pago no se ha completado")

    await page.get_by_role("button", name="Intentar de nuevo").click()
    await to_the_card(page)
    await page.get_by_role("button", name="Cancelar").click()
    await page.wait_for_url(f"{shop.api_url}/d/**")
    shop.await_state(invoice, "unpaid")
    assert [one["state"] for one in shop.payments(invoice)] == ["cancelled", "failed"]
    assert shop.history(invoice)[0:2] == ["payment.started", "payment.failed"]


async def test_a_transfer_in_two_parts_and_one_goes_back(shop: Shop) -> None:
    invoice, page = await shop.an_invoice()
    await choose(page, "Transferencia")
    await expect(page.get_by_role("heading", name="Haz la transferencia")).to_be_visible()
    _, _, token, _, payment_id = urlsplit(page.url).path.split("/")
    begun = shop.client.call("GET", f"/public/v1/documents/{token}/payments/{payment_id}")
    told = begun["transfer_instructions"]
    await expect(page.get_by_text(told["reference"])).to_be_visible()
    for part_minor, state in ((4000, "partially_paid"), (PAYABLE - 4000, "paid")):
        label = f"Pago {told['reference'].lower()} gracias"
        wire = {"iban": told["iban"], "amount_cents": part_minor, "label": label}
        shop.control("/wire", wire)
        shop.await_state(invoice, state)
    await see_again(page)
    await expect(page.get_by_role("status")).to_contain_text("está pagada. Gracias.")

    first = shop.payments(invoice)[-1]
    body = {"amount": {"amount": 1000}, "reason": "Sobraba"}
    refund = shop.do(f"/v1/payments/{first['id']}/refunds", body)
    assert refund["state"] == "queued"
    shop.await_state(invoice, "partially_paid")
    assert shop.staff.call("GET", f"/v1/refunds/{refund['id']}")["state"] == "succeeded"
    assert shop.history(invoice)[0] == "payment.refunded"
