"""The client page in Chromium: with and without scripts, by keyboard, small, readable."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitor
from tests.fakes import FixedClock
from tests.portal.links import NAME

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """Let axe look at a page; give what it finds wrong, and where."""
    await page.evaluate(AXE)
    found = await page.evaluate(
        "tags => axe.run({runOnly: {type: 'tag', values: tags}})"
        ".then(result => result.violations.map("
        "one => one.id + ': ' + one.nodes.map(node => node.target.join(' ')).join(', ')))",
        WCAG,
    )
    return [str(one) for one in found]


async def fill(page: Page) -> None:
    """Fill in a confirm page."""
    await page.get_by_label("Tu nombre y apellidos").fill(NAME)
    await page.get_by_role("checkbox").check()


async def tab_to(page: Page, label: str) -> None:
    """Press Tab until the named control has the focus."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "(() => { const e = document.activeElement;"
            " return (e.labels?.[0]?.innerText || e.innerText || '').trim(); })()"
        )
        if str(focused).startswith(label):
            return
    pytest.fail(f"Tab never reaches {label!r}")


@pytest.mark.parametrize("scripts", [True, False])
async def test_accept_and_take_back(visitor: Visitor, scripts: bool) -> None:  # noqa: FBT001
    page = await visitor.open(scripts=scripts)
    await page.get_by_role("link", name="Aceptar presupuesto").click()
    await fill(page)
    await page.get_by_role("button", name="Aceptar presupuesto").click()
    await expect(page.get_by_role("status")).to_contain_text("Has aceptado el presupuesto")
    assert page.url == visitor.url
    assert await visitor.status() == "accepted"
    await page.get_by_role("button", name="Deshacer aceptación").click()
    await expect(page.get_by_role("status")).to_contain_text("Respuesta deshecha")
    assert (await visitor.document())["decision"] == "pending"


@pytest.mark.parametrize("scripts", [True, False])
async def test_reject_with_a_reason(visitor: Visitor, scripts: bool) -> None:  # noqa: FBT001
    page = await visitor.open(scripts=scripts)
    await page.get_by_role("link", name="Rechazar").click()
    await page.get_by_label("¿Qué no encaja?").fill("El precio.\nY la fecha.")
    await fill(page)
    await page.get_by_role("button", name="Rechazar presupuesto").click()
    await expect(page.get_by_role("status")).to_contain_text("Has rechazado el presupuesto")
    await expect(page.get_by_role("listitem")).to_contain_text("El precio.")
    assert await visitor.status() == "rejected"


@pytest.mark.parametrize("action", ["Aceptar", "Rechazar"])
async def test_the_keyboard_is_enough(visitor: Visitor, action: str) -> None:
    page = await visitor.open()
    await tab_to(page, action)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/accept" if action == "Aceptar" else "**/reject")
    await tab_to(page, "Tu nombre")
    await page.keyboard.type(NAME)
    await tab_to(page, "He leído" if action == "Aceptar" else "Rechazo")
    await page.keyboard.press("Space")
    await tab_to(page, f"{action} presupuesto")
    await page.keyboard.press("Enter")
    await page.wait_for_url(visitor.url)
    assert await visitor.status() == ("accepted" if action == "Aceptar" else "rejected")


async def test_the_first_tab_skips_to_the_content(visitor: Visitor) -> None:
    page = await visitor.open()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Ir al contenido")).to_be_focused()
    await expect(page.get_by_role("link", name="Ir al contenido")).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
async def test_errors_have_the_focus(visitor: Visitor, scripts: bool) -> None:  # noqa: FBT001
    page = await visitor.open("/accept", scripts=scripts)
    await page.get_by_role("button", name="Aceptar presupuesto").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Falta algo por completar")
    await expect(alert).to_be_focused()
    await expect(page).to_have_title("Error: Aceptar el presupuesto · Taller Náutico Ejemplo")
    await alert.get_by_role("link", name="Escribe tu nombre").click()
    name = page.get_by_label("Tu nombre y apellidos")
    await expect(name).to_be_focused()
    await expect(name).to_have_accessible_description(
        "Quedará en el justificante como tu firma. Escribe tu nombre y apellidos"
    )


async def test_a_comment_is_sent_and_shown(visitor: Visitor) -> None:
    page = await visitor.open()
    await page.get_by_label("Escribe un comentario").fill("¿Incluye la boya?")
    await page.get_by_role("button", name="Enviar comentario").click()
    await expect(page.get_by_role("status")).to_have_text("Comentario enviado.")
    await expect(page.get_by_role("listitem")).to_contain_text("¿Incluye la boya?")


async def test_a_person_is_told_from_a_machine(visitor: Visitor) -> None:
    page = await visitor.open()
    await page.wait_for_timeout(2_600)
    assert await visitor.status() == "sent"
    async with page.expect_response("**/seen") as answer:
        await page.mouse.move(100, 200)
        await page.mouse.move(120, 240)
    assert (await answer.value).status == 204
    assert await visitor.status() == "opened"


async def test_a_gesture_alone_is_not_enough(visitor: Visitor) -> None:
    page = await visitor.open()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    await page.mouse.move(100, 200)
    await page.wait_for_timeout(1_000)
    assert not [url for url in seen if url.endswith("/seen")]
    async with page.expect_response("**/seen"):
        await page.mouse.move(120, 240)


async def test_without_scripts_a_button_tells(visitor: Visitor) -> None:
    page = await visitor.open(scripts=False)
    await page.get_by_role("button", name="Confirmar que lo he visto").click()
    await expect(page.get_by_role("status")).to_contain_text("Gracias por confirmarlo")
    assert await visitor.status() == "opened"


async def test_a_second_press_is_dropped(visitor: Visitor) -> None:
    page = await visitor.open()
    posts: list[str] = []
    page.on(
        "request",
        lambda request: posts.append(request.url) if request.method == "POST" else None,
    )
    await page.get_by_label("Escribe un comentario").fill("Una sola vez")
    await page.get_by_role("button", name="Enviar comentario").dblclick()
    await expect(page.get_by_role("listitem")).to_have_count(1)
    assert len([url for url in posts if url.endswith("/comments")]) == 1


async def test_the_language_is_switched_and_kept(visitor: Visitor) -> None:
    page = await visitor.open()
    await page.get_by_role("link", name="English").click()
    await page.get_by_role("link", name="Accept quote").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Accept the quote")
    await page.get_by_label("Your full name").fill(NAME)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Accept quote").click()
    await expect(page.get_by_role("status")).to_contain_text("You accepted quote")
    await page.get_by_role("link", name="Español").click()
    await expect(page.get_by_role("status")).to_contain_text("Has aceptado")


SIZES = [(320, 256), (390, 844), (640, 480), (1200, 900)]
STRETCHED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important;"
    " word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"
)


async def fits(page: Page) -> bool:
    """Tell whether nothing sticks out to the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("rest", ["", "/accept", "/reject"])
async def test_nothing_scrolls_sideways(visitor: Visitor, rest: str) -> None:
    page = await visitor.open(rest)
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        assert await fits(page), (width, height)
    await page.set_viewport_size({"width": 390, "height": 844})
    sheet = "document.documentElement.style.setProperty('font-size', '200%')"
    await page.evaluate(sheet)
    assert await fits(page)
    await page.evaluate("document.documentElement.style.removeProperty('font-size')")
    await page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        STRETCHED,
    )
    assert await fits(page)


async def test_targets_are_large_enough(visitor: Visitor) -> None:
    for rest in ("", "/accept"):
        page = await visitor.open(rest)
        small = await page.evaluate(
            "[...document.querySelectorAll('main a, main button, header a, footer a')]"
            ".filter(e => e.offsetParent && !e.closest('dd'))"
            ".map(e => [e.innerText, e.getBoundingClientRect().height])"
            ".filter(([, height]) => height < 44)"
        )
        assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(visitor: Visitor, clock: FixedClock, scheme: str) -> None:
    page = await visitor.open(scheme=scheme)
    assert await violations(page) == [], "open"
    for action in ("accept", "reject"):
        await page.goto(f"{visitor.url}/{action}")
        assert await violations(page) == [], action
        await page.get_by_role("button", name="presupuesto").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await violations(page) == [], f"{action}, with errors"
    await fill(page)
    await page.get_by_label("¿Qué no encaja?").fill("El precio")
    await page.get_by_role("button", name="Rechazar presupuesto").click()
    await expect(page.get_by_role("status")).to_contain_text("Has rechazado")
    assert await violations(page) == [], "rejected"
    await page.get_by_role("link", name="Aceptar presupuesto").click()
    await fill(page)
    await page.get_by_role("button", name="Aceptar presupuesto").click()
    await expect(page.get_by_role("status")).to_contain_text("Has aceptado")
    assert await violations(page) == [], "accepted"
    await page.set_viewport_size({"width": 1200, "height": 900})
    assert await violations(page) == [], "accepted, wide"
    await page.goto(f"{visitor.address}/d/unknown")
    assert await violations(page) == [], "not found"
    clock.advance(timedelta(days=90))
    await page.goto(visitor.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Este enlace ha caducado")
    assert await violations(page) == [], "link expired"


async def test_an_expired_quote_is_readable_too(visitor: Visitor, clock: FixedClock) -> None:
    clock.advance(timedelta(days=45))
    page = await visitor.open()
    assert await violations(page) == []
    await page.get_by_role("button", name="Pedir un presupuesto nuevo").click()
    await expect(page.get_by_role("status")).to_contain_text("Petición enviada")


async def test_forced_colors_keep_the_borders(visitor: Visitor) -> None:
    page = await visitor.open()
    await page.emulate_media(forced_colors="active")
    widths = await page.evaluate(
        "['.pill', '.button', '.card'].map(name =>"
        " getComputedStyle(document.querySelector(name)).borderTopWidth)"
    )
    assert widths == ["1px", "1px", "1px"]
