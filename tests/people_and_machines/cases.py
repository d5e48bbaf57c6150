"""The two corpora: each case is something that scanners, or people, are known to do."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.async_api import Browser, BrowserContext, Error, Page
from typing_extensions import override

from tests.portal.links import NAME

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/150.0.0.0 Safari/537.36"
)
LETTER = ("", "/accept", "/reject", "/pdf")
"""Where the links of a letter lead."""

FORM = "application/x-www-form-urlencoded"
WAIT_MS = 2_600
"""Longer than our page waits before it believes a touch."""


@dataclass(frozen=True)
class Scene:
    """A link, and what to use it with."""

    url: str
    http: httpx.AsyncClient
    chromium: Browser

    async def get(self, rest: str = "", **headers: str) -> httpx.Response:
        """Fetch a page of the link without a browser."""
        return await self.http.get(self.url + rest, headers=headers)

    async def open(self, *, scripts: bool = True, agent: str = CHROME) -> Page:
        """Open a browser window of its own; whoever opens it leaves it to be closed."""
        context: BrowserContext = await self.chromium.new_context(
            locale="es-ES", user_agent=agent, java_script_enabled=scripts
        )
        context.set_default_timeout(10_000)
        return await context.new_page()


@dataclass(frozen=True)
class Case:
    """What is done, and what it must have come to.

    Attributes:
        becomes: The document's status afterwards.
    """

    name: str
    act: Callable[[Scene], Awaitable[None]]
    becomes: str = "sent"


class _Forms(HTMLParser):
    """Reads the forms of a page: where each goes, and the fields it would send untouched."""

    def __init__(self, *, with_buttons: bool) -> None:
        super().__init__()
        self.with_buttons = with_buttons
        self.forms: list[tuple[str, dict[str, str]]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        is_field = tag in {"input", "textarea"} and given.get("type") != "checkbox"
        if (
            self.forms
            and given.get("name")
            and (is_field or (tag == "button" and self.with_buttons))
        ):
            self.forms[-1][1][given["name"]] = given.get("value", "")


def _fetcher(method: str, **headers: str) -> Callable[[Scene], Awaitable[None]]:
    async def act(scene: Scene) -> None:
        for rest in LETTER:
            await scene.http.request(method, scene.url + rest, headers=headers)

    return act


def _agents(*agents: str) -> Callable[[Scene], Awaitable[None]]:
    async def act(scene: Scene) -> None:
        for agent in agents:
            await scene.get("", **{"user-agent": agent})

    return act


def _submitter(*, with_buttons: bool) -> Callable[[Scene], Awaitable[None]]:
    """Send every form as it stands, with what its fields hold, without a browser."""

    async def act(scene: Scene) -> None:
        origin = scene.url.split("/d/")[0]
        forms = _Forms(with_buttons=with_buttons)
        for rest in LETTER[:3]:
            forms.feed((await scene.get(rest, **{"user-agent": CHROME})).text)
        for action, fields in forms.forms:
            headers = {"content-type": FORM, "user-agent": CHROME}
            await scene.http.post(origin + action, content=urlencode(fields), headers=headers)

    return act


async def _render(scene: Scene) -> None:
    """Let a real browser render each page, scripts and all, and look at it for a while."""
    page = await scene.open()
    for rest in LETTER[:3]:
        await page.goto(scene.url + rest)
    await page.goto(scene.url)
    await page.wait_for_timeout(WAIT_MS)


async def _script_forms(scene: Scene) -> None:
    """Send every form from a script, past the checks of the page."""
    page = await scene.open()
    for rest in LETTER[:3]:
        await page.goto(scene.url + rest)
        for index in range(int(await page.evaluate("document.forms.length"))):
            await page.goto(scene.url + rest)
            await _quietly(page, f"HTMLFormElement.prototype.submit.call(document.forms[{index}])")


async def _fill_and_script(scene: Scene) -> None:
    """Write into every field and tick every box, then send the forms from a script."""
    page = await scene.open()
    for rest in ("/accept", "/reject"):
        await page.goto(scene.url + rest)
        await page.evaluate(
            "document.querySelectorAll('input[type=text],textarea').forEach(e => e.value = 'test');"
            "document.querySelectorAll('input[type=checkbox]').forEach(e => e.checked = true)"
        )
        await _quietly(page, "HTMLFormElement.prototype.submit.call(document.forms[0])")


async def _quietly(page: Page, script: str) -> None:
    """Run a script that may lead the page away, and wait for where it led."""
    try:
        async with page.expect_navigation(timeout=3_000):
            await page.evaluate(script)
    except Error:
        return


async def _click_everything(scene: Scene) -> None:
    """Follow every link, and press every button with a real mouse, as a sandbox does."""
    page = await scene.open()
    for rest in LETTER[:3]:
        await page.goto(scene.url + rest)
        for index in range(await page.get_by_role("button").count()):
            await page.goto(scene.url + rest)
            try:
                await page.get_by_role("button").nth(index).click(timeout=2_000)
            except Error:
                continue
    await page.goto(scene.url)
    await page.mouse.move(100, 200)
    await page.wait_for_timeout(WAIT_MS)
    await page.mouse.move(120, 260)
    await page.wait_for_timeout(500)


PREFETCH: dict[str, str] = {"sec-purpose": "prefetch", "user-agent": CHROME}
SCRIPTED: dict[str, str] = {
    "user-agent": CHROME,
    "accept-language": "en-US",
    "sec-fetch-site": "none",
    "sec-fetch-mode": "navigate",
}

MACHINES = (
    Case("asks for the headers of every link", _fetcher("HEAD", **{"user-agent": CHROME})),
    Case("fetches every link without a name", _fetcher("GET", **{"user-agent": ""})),
    Case("fetches every link as a usual browser", _fetcher("GET", **SCRIPTED)),
    Case("loads the page ahead of a click", _fetcher("GET", **PREFETCH)),
    Case(
        "draws a preview of the link in a chat",
        _agents(
            "WhatsApp/2.26", "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0",
            "TelegramBot (like TwitterBot)", "SkypeUriPreview Preview/0.5",
        ),
    ),
    Case("sends every form as it stands", _submitter(with_buttons=False)),
    Case("sends every form with its button", _submitter(with_buttons=True)),
    Case("renders every page in a real browser", _render),
    Case("sends every form from a script, in a real browser", _script_forms),
    Case("fills in every field and sends from a script", _fill_and_script),
    Case("clicks everything with a real mouse", _click_everything),
)  # fmt: skip


async def _fill(page: Page) -> None:
    await page.get_by_label("Tu nombre y apellidos").fill(NAME)
    await page.get_by_role("checkbox").check()


def _answerer(*, scripts: bool, action: str) -> Callable[[Scene], Awaitable[None]]:
    """Answer as a person does: follow the button, write the name, tick, press."""

    async def act(scene: Scene) -> None:
        page = await scene.open(scripts=scripts)
        await page.goto(scene.url)
        await page.get_by_role("link", name=action).first.click()
        await _fill(page)
        await page.get_by_role("button", name=action).click()
        await page.get_by_role("status").first.wait_for()

    return act


async def _read_on_a_phone(scene: Scene) -> None:
    page = await scene.open()
    await page.goto(scene.url)
    await page.mouse.wheel(0, 300)
    async with page.expect_response("**/seen"):
        await page.wait_for_timeout(WAIT_MS)
        await page.mouse.wheel(0, 300)


async def _read_without_scripts(scene: Scene) -> None:
    page = await scene.open(scripts=False)
    await page.goto(scene.url)
    await page.get_by_role("button", name="Confirmar que lo he visto").click()
    await page.get_by_role("status").first.wait_for()


async def _open_the_pdf(scene: Scene) -> None:
    page = await scene.open()
    await page.goto(scene.url)
    async with page.expect_request("**/seen"):  # its answer comes when the page is gone
        await page.get_by_role("link", name=re.compile("PDF")).first.click()


async def _answer_slowly(scene: Scene) -> None:
    """Answer over a network where everything takes a while."""
    page = await scene.open()

    async def late(route: Any) -> None:  # noqa: ANN401 - Playwright's own
        await page.wait_for_timeout(300)
        await route.continue_()

    await page.route("**/*", late)
    await page.goto(f"{scene.url}/accept")
    await _fill(page)
    await page.get_by_role("button", name="Aceptar").click()
    await page.get_by_role("status").first.wait_for()
    await page.unroute_all(behavior="ignoreErrors")


async def _press_twice(scene: Scene) -> None:
    page = await scene.open()
    await page.goto(f"{scene.url}/accept")
    await _fill(page)
    await page.get_by_role("button", name="Aceptar").dblclick()
    await page.get_by_role("status").first.wait_for()


async def _change_their_mind(scene: Scene) -> None:
    """Look at both pages, one after the other, and then answer."""
    page = await scene.open()
    await page.goto(f"{scene.url}/reject")
    await page.goto(f"{scene.url}/accept")
    await _fill(page)
    await page.get_by_role("button", name="Aceptar").click()
    await page.get_by_role("status").first.wait_for()


async def _old_browser(scene: Scene) -> None:
    """A browser that says nothing of who caused a request."""
    forms = _Forms(with_buttons=True)
    forms.feed((await scene.get("/accept", **{"user-agent": "Mozilla/5.0 (Old)"})).text)
    action, fields = next(form for form in forms.forms if form[0].endswith("/decision"))
    body = urlencode({**fields, "name": NAME, "statement": "yes"})
    origin = scene.url.split("/d/")[0]
    await scene.http.post(origin + action, content=body, headers={"content-type": FORM})


PEOPLE = (
    Case("reads on a phone", _read_on_a_phone, "opened"),
    Case("reads without scripts", _read_without_scripts, "opened"),
    Case("opens the PDF alone", _open_the_pdf, "opened"),
    Case("accepts", _answerer(scripts=True, action="Aceptar"), "accepted"),
    Case("accepts without scripts", _answerer(scripts=False, action="Aceptar"), "accepted"),
    Case("rejects without scripts", _answerer(scripts=False, action="Rechazar"), "rejected"),
    Case("accepts over a slow network", _answer_slowly, "accepted"),
    Case("presses twice", _press_twice, "accepted"),
    Case("looks at both answers, then accepts", _change_their_mind, "accepted"),
    Case("accepts in an old browser", _old_browser, "accepted"),
)
