"""Paying in Chromium, up to the provider's page: with and without scripts, small, readable."""

import pytest
from playwright.async_api import Page, expect

from app.payments.checking import check
from app.payments.movements import MoneyInState
from app.payments.tasks import CheckPayment
from tests.browser.conftest import Visitor
from tests.browser.test_client_page import violations
from tests.fakes_payments import FakeProvider
from tests.payments.paying import enroll

pytestmark = pytest.mark.browser


async def choose(page: Page, way: str) -> None:
    """Go from the document to a way of paying it."""
    await page.get_by_role("link", name="Pagar").click()
    await page.get_by_role("button", name=way).click()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_card_is_announced_refused_and_tried_again(
    visitor: Visitor,
    provider: FakeProvider,
    scripts: bool,  # noqa: FBT001
) -> None:
    await enroll(visitor.office, provider)
    page = await visitor.open(scripts=scripts)
    await choose(page, "Tarjeta")
    await expect(page.get_by_role("heading", name="Vas a pagar")).to_be_visible()
    leave = page.get_by_role("link", name="Ir a la página de pago")
    assert str(await leave.get_attribute("href")).startswith("https://card.example/")

    await page.goto(f"{visitor.url}/pay")
    await page.get_by_role("button", name="Tarjeta").click()  # its page is open: it is shown
    await expect(page.get_by_role("status")).to_contain_text("Estamos comprobando tu pago")
    provider.move(provider.orders[0].reference, MoneyInState.FAILED)
    await check_again(visitor, page)
    await expect(page.get_by_role("alert")).to_contain_text("El pago no se ha completado")

    await page.get_by_role("button", name="Intentar de nuevo").click()
    provider.move(provider.orders[1].reference, MoneyInState.SUCCEEDED)
    await check_again(visitor, page)
    await page.goto(visitor.url)
    await expect(page.get_by_role("status")).to_contain_text("está pagado. Gracias.")
    assert await page.get_by_role("link", name="Pagar").count() == 0
    assert await visitor.status() == "accepted"


async def check_again(visitor: Visitor, page: Page) -> None:
    """Let the worker look, as after a minute, and the client refresh."""
    desk = visitor.office.worker.desk
    assert desk is not None
    listed = await visitor.office.api.get(f"/v1/documents/{visitor.shelf.document['id']}/payments")
    for one in listed.json()["data"]:
        await check(CheckPayment(visitor.office.organization_id, one["id"]), desk)
    if await page.get_by_role("link", name="Actualizar").count():
        await page.get_by_role("link", name="Actualizar").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_readable_on_a_small_screen(
    visitor: Visitor, provider: FakeProvider, scheme: str
) -> None:
    await enroll(visitor.office, provider)
    page = await visitor.open("/pay", width=320, scheme=scheme)
    assert await violations(page) == []
    assert await width_of(page) <= 320
    await page.get_by_role("button", name="Transferencia").click()
    await expect(page.get_by_text("ES91 2100 0418 4502 0005 1332")).to_be_visible()
    code = page.get_by_role("img", name="Código QR")
    await expect(code).to_have_js_property("complete", value=True)
    assert await code.evaluate("image => image.naturalWidth") > 0
    assert await violations(page) == []
    assert await width_of(page) <= 320
    await page.goto(visitor.url)
    await expect(page.get_by_role("status")).to_contain_text("Estamos esperando tu transferencia")
    await page.get_by_role("link", name="Ver los datos").click()
    await page.get_by_role("button", name="Elegir otra forma de pago").click()
    await page.get_by_role("button", name="Desde tu banco").click()
    assert await violations(page) == []
    assert await width_of(page) <= 320


async def width_of(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth"))
