"""The browser's routes: headers, forms without a script, refusals as pages."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest

from app.container import Container
from app.kernel.identifiers import new_id, new_token
from app.main import create_app
from app.portal.browsing import FORM_BYTES_MAX, HEADERS
from app.settings import Settings
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office, client_of
from tests.portal.links import NAME, Shelf, a_shelf

FORM = "application/x-www-form-urlencoded"
NONCE = re.compile(r'name="form_nonce" value="([^"]+)"')


class Browser:
    """A browser without scripts: reads pages, sends their forms."""

    def __init__(self, shelf: Shelf, token: str | None = None) -> None:
        self.http = shelf.phone
        self.path = f"/d/{token or next(iter(shelf.tokens.values()))}"

    async def get(self, rest: str = "", **headers: str) -> httpx.Response:
        return await self.http.get(self.path + rest, headers=headers)

    async def post(self, rest: str, fields: Json, **headers: str) -> httpx.Response:
        sent = {"content-type": FORM, **headers}
        return await self.http.post(self.path + rest, content=urlencode(fields), headers=sent)

    async def nonce(self, rest: str = "") -> str:
        found = NONCE.search((await self.get(rest)).text)
        assert found is not None
        return found[1]

    async def decide(self, action: str, **changes: object) -> httpx.Response:
        form: Json = {
            "action": action,
            "form_nonce": await self.nonce(f"/{action}"),
            "name": NAME,
            "statement": "yes",
            "comment": "",
        }
        return await self.post("/decision", {**form, **changes})


@pytest.fixture
async def shelf(office: Office, mail: FakeMail, anonymous: httpx.AsyncClient) -> Shelf:
    return await a_shelf(office, mail, anonymous)


@pytest.fixture
def browser(shelf: Shelf) -> Browser:
    return Browser(shelf)


@pytest.fixture
async def narrow(container: Container) -> AsyncIterator[httpx.AsyncClient]:
    """An anonymous client of its own address, which meets the limits of production."""
    changes = {"rate_limit_factor": 1, "trusted_proxies": 1}
    settings = Settings.model_validate({**container.settings.model_dump(), **changes})
    app = create_app(replace(container, settings=settings))
    address = f"2001:db8:{new_id().hex[-4:]}:{new_id().hex[-4:]}::1"
    async with client_of(app, **{"x-forwarded-for": address}) as client:
        yield client


async def status_of(office: Office, shelf: Shelf) -> str:
    answer = await office.api.get(f"/v1/documents/{shelf.document['id']}")
    return str(answer.json()["status"])


def assert_headers(answer: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name


async def test_the_page_says_what_matters_and_changes_nothing(
    office: Office, shelf: Shelf, browser: Browser
) -> None:
    page = await browser.get()
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-language"] == "es"
    for text in (shelf.document["number"], "108,90", "Aceptar presupuesto", "Rechazar"):
        assert text in page.text
    assert "Pagar" not in page.text
    assert "cliente@velero.example" not in page.text
    assert await status_of(office, shelf) == "sent"
    assert_headers(page)


async def test_head_answers_like_get(browser: Browser) -> None:
    answer = await browser.http.head(browser.path)
    assert answer.status_code == 200
    assert_headers(answer)


@pytest.mark.parametrize("rest", ["", "/accept", "/reject", "/pdf", "/nothing", "/logo"])
async def test_every_answer_has_the_headers(browser: Browser, rest: str) -> None:
    assert_headers(await browser.get(rest))


async def test_nothing_inline_and_nothing_foreign(browser: Browser) -> None:
    for rest in ("", "/accept", "/reject"):
        text = (await browser.get(rest)).text
        assert "<style" not in text
        assert " style=" not in text
        assert not re.search(r"<script(?![^>]* src=)", text)
        assert not re.search(r"\son[a-z]+=", text)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)
        assert len(text.encode()) < 18_000


async def test_the_language_is_the_documents_until_another_is_chosen(browser: Browser) -> None:
    assert 'lang="es"' in (await browser.get("", **{"accept-language": "en"})).text
    english = (await browser.get("?lang=en")).text
    assert '<html lang="en">' in english
    assert "Accept quote" in english
    assert f'href="{browser.path}/accept?lang=en"' in english
    assert '<html lang="es">' in (await browser.get("?lang=xx")).text


async def test_accepting_leads_back_to_the_document(
    office: Office, shelf: Shelf, browser: Browser
) -> None:
    answer = await browser.decide("accept", comment="Adelante\r\ncuando queráis")
    assert (answer.status_code, answer.headers["location"]) == (303, browser.path)
    page = (await browser.get()).text
    assert "Has aceptado" in page
    assert "Deshacer aceptación" in page
    assert "Aceptado" in page
    assert "correo" not in page.split("</section>")[0]
    assert await status_of(office, shelf) == "accepted"
    receipt = await browser.get("/receipt")
    assert receipt.headers["content-type"] == "application/pdf"
    assert receipt.content.startswith(b"%PDF")


async def test_rejecting_keeps_the_comment_and_acceptance_open(
    office: Office, shelf: Shelf, browser: Browser
) -> None:
    assert (await browser.decide("reject", comment="Muy <caro>")).status_code == 303
    page = (await browser.get()).text
    assert "Has rechazado" in page
    assert page.count("Muy &lt;caro&gt;") == 1
    assert "Aceptar presupuesto" in page
    assert await status_of(office, shelf) == "rejected"
    assert (await browser.decide("accept")).status_code == 303
    assert await status_of(office, shelf) == "accepted"


async def test_an_answer_can_be_taken_back(office: Office, shelf: Shelf, browser: Browser) -> None:
    await browser.decide("accept")
    answer = await browser.post("/undo", {"form_nonce": await browser.nonce()})
    assert answer.status_code == 303
    page = (await browser.http.get(answer.headers["location"])).text
    assert "Respuesta deshecha" in page
    assert await status_of(office, shelf) == "opened"


async def test_after_fifteen_minutes_it_cannot(
    browser: Browser, clock: FixedClock, office: Office, shelf: Shelf
) -> None:
    await browser.decide("accept")
    clock.advance(timedelta(minutes=16))
    page = (await browser.get()).text
    assert "Deshacer" not in page
    answer = await browser.post("/undo", {"form_nonce": await browser.nonce()})
    assert answer.status_code == 409
    assert "Han pasado los 15 minutos" in answer.text
    assert await status_of(office, shelf) == "accepted"


async def test_what_is_missing_is_said_beside_each_field(
    office: Office, shelf: Shelf, browser: Browser
) -> None:
    nonce = await browser.nonce("/accept")
    fields = {"action": "accept", "form_nonce": nonce, "name": "  ", "comment": "<b>Hola"}
    answer = await browser.post("/decision", fields)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'href="#name"' in answer.text
    assert 'id="name-error"' in answer.text
    assert 'id="statement-error"' in answer.text
    assert "&lt;b&gt;Hola" in answer.text
    assert "checked" not in answer.text
    assert_headers(answer)
    assert await status_of(office, shelf) == "sent"


async def test_a_long_comment_is_counted_and_kept(browser: Browser) -> None:
    answer = await browser.decide("reject", comment="á" * 2_003)
    assert answer.status_code == 422
    assert "Máximo 2.000 caracteres: sobran 3" in answer.text
    assert "á" * 2_003 in answer.text
    assert f'value="{NAME}"' in answer.text
    assert "checked" in answer.text


async def test_an_old_page_asks_again_and_keeps_what_was_typed(
    browser: Browser, clock: FixedClock, office: Office, shelf: Shelf
) -> None:
    nonce = await browser.nonce("/accept")
    clock.advance(timedelta(hours=2, minutes=1))
    answer = await browser.decide("accept", form_nonce=nonce)
    assert answer.status_code == 409
    assert "llevaba mucho tiempo abierta" in answer.text
    assert f'value="{NAME}"' in answer.text
    assert await status_of(office, shelf) != "accepted"
    fresh = NONCE.search(answer.text)
    assert fresh is not None
    assert (await browser.decide("accept", form_nonce=fresh[1])).status_code == 303


async def test_rejecting_what_is_accepted_shows_why_not(browser: Browser) -> None:
    nonce = await browser.nonce("/reject")
    await browser.decide("accept")
    fields = {"action": "reject", "form_nonce": nonce, "name": NAME, "statement": "yes"}
    answer = await browser.post("/decision", fields)
    assert answer.status_code == 409
    assert f"Ya está aceptado por {NAME}" in answer.text
    assert 'role="alert"' in answer.text


async def test_accepting_twice_is_one_acceptance(browser: Browser) -> None:
    nonce = await browser.nonce("/accept")
    fields = {"action": "accept", "form_nonce": nonce, "name": NAME, "statement": "yes"}
    for _ in range(2):
        assert (await browser.post("/decision", fields)).status_code == 303


async def test_a_confirm_page_of_what_is_not_possible_leads_to_the_document(
    browser: Browser,
) -> None:
    await browser.decide("accept")
    for action in ("accept", "reject"):
        answer = await browser.get(f"/{action}")
        assert (answer.status_code, answer.headers["location"]) == (303, browser.path)


async def test_a_comment_joins_the_thread(browser: Browser) -> None:
    fields = {"action": "comment", "form_nonce": await browser.nonce(), "body": "¿Y <la> boya?"}
    answer = await browser.post("/comments", fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{browser.path}?done=comment#comments"
    page = (await browser.get("?done=comment")).text
    assert "¿Y &lt;la&gt; boya?" in page
    assert "Comentario enviado." in page
    assert "<b>Tú</b>" in page
    assert "Pendiente de tu respuesta" in page


@pytest.mark.parametrize(
    ("body", "text"), [(" ", "Escribe un comentario"), ("x" * 2_001, "sobran 1")]
)
async def test_a_bad_comment_comes_back(browser: Browser, body: str, text: str) -> None:
    fields = {"action": "comment", "form_nonce": await browser.nonce(), "body": body}
    answer = await browser.post("/comments", fields)
    assert answer.status_code == 422
    assert text in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_a_comment_from_an_old_page_is_kept(browser: Browser, clock: FixedClock) -> None:
    fields = {"form_nonce": await browser.nonce(), "body": "Hola"}
    clock.advance(timedelta(hours=3))
    answer = await browser.post("/comments", fields)
    assert answer.status_code == 409
    assert "Hola</textarea>" in answer.text


async def test_an_expired_quote_can_be_asked_for_again(
    browser: Browser, clock: FixedClock, office: Office, shelf: Shelf
) -> None:
    clock.advance(timedelta(days=45))
    page = (await browser.get()).text
    assert "Este presupuesto caducó el" in page
    assert "Aceptar presupuesto" not in page
    fields = {"action": "renewal", "form_nonce": await browser.nonce()}
    answer = await browser.post("/comments", fields)
    assert answer.status_code == 303
    page = (await browser.http.get(answer.headers["location"])).text
    assert "Petición enviada" in page
    comments = await office.api.get(f"/v1/documents/{shelf.document['id']}/comments")
    assert "presupuesto nuevo" in comments.json()["data"][0]["body"]


async def test_the_script_tells_of_a_person(office: Office, shelf: Shelf, browser: Browser) -> None:
    answer = await browser.post("/seen", {"signal": "beacon"})
    assert answer.status_code == 204
    assert await status_of(office, shelf) == "opened"


async def test_without_a_script_a_button_does(
    office: Office, shelf: Shelf, browser: Browser
) -> None:
    assert "<noscript>" in (await browser.get()).text
    answer = await browser.post("/seen", {"signal": "button"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{browser.path}?done=seen")
    assert await status_of(office, shelf) == "opened"


async def test_a_copy_may_only_read(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    shelf = await a_shelf(office, mail, anonymous, order)
    own = Browser(shelf, shelf.tokens["ana@velero.example"])
    copy = Browser(shelf, shelf.tokens["gestor@velero.example"])
    page = (await copy.get()).text
    assert "Recibes este documento en copia" in page
    assert "form_nonce" not in page
    assert (await copy.get("/accept")).status_code == 303
    nonce = await own.nonce("/accept")
    fields = {"action": "accept", "form_nonce": nonce, "name": NAME, "statement": "yes"}
    answer = await copy.post("/decision", fields)
    assert answer.status_code == 403
    assert "en copia" in answer.text
    assert (await copy.post("/comments", {"form_nonce": nonce, "body": "x"})).status_code == 403
    await own.decide("accept")
    assert f"{NAME} ha aceptado" in (await copy.get()).text


async def test_unknown_malformed_and_other_paths_are_one_page(
    anonymous: httpx.AsyncClient,
) -> None:
    texts = set()
    for token in (new_token(), "short", "%00x", "a" * 300):
        answer = await anonymous.get(f"/d/{token}")
        if token == "%00x":
            continue
        assert answer.status_code == 404
        assert_headers(answer)
        texts.add(answer.text.replace(token, "…"))
    assert len(texts) == 1
    assert "No encontramos este documento" in texts.pop()
    for path in ("/d/x/accept/y", "/d/", "/theme/zzzzzz.css", "/static/other.css"):
        answer = await anonymous.get(path)
        assert answer.status_code == 404, path
        assert "No encontramos" in answer.text
    assert (await anonymous.post("/d/x", content=b"")).status_code == 404


async def test_an_expired_link_offers_a_new_one_to_the_same_address(
    office: Office, shelf: Shelf, browser: Browser, clock: FixedClock, mail: FakeMail
) -> None:
    clock.advance(timedelta(days=90))
    page = await browser.get()
    assert page.status_code == 410
    assert "Este enlace ha caducado" in page.text
    assert shelf.document["number"] not in page.text
    assert "Taller" not in page.text
    assert_headers(page)
    before = len(mail.sent)
    answer = await browser.post("/renewals", {})
    assert answer.status_code == 303
    sent = await browser.http.get(answer.headers["location"])
    assert "Enlace enviado" in sent.text
    await office.deliver()
    assert [one.recipient for one in mail.sent[before:]] == list(shelf.tokens)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ],
)
async def test_other_sites_cannot_post(browser: Browser, headers: dict[str, str]) -> None:
    answer = await browser.post("/seen", {"signal": "button"}, **headers)
    assert answer.status_code == 403
    assert "No se ha guardado nada" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "null"},
        {"origin": "http://api.example"},
        {"origin": "http://docs.example"},
    ],
)
async def test_our_own_forms_can(browser: Browser, headers: dict[str, str]) -> None:
    answer = await browser.post("/seen", {"signal": "beacon"}, **headers)
    assert answer.status_code == 204


async def test_forms_are_bounded(browser: Browser) -> None:
    big = await browser.post("/decision", {"comment": "x" * FORM_BYTES_MAX})
    assert big.status_code == 413
    json = await browser.http.post(f"{browser.path}/decision", json={"action": "accept"})
    assert json.status_code == 415
    many = await browser.post("/decision", {f"f{n}": "x" for n in range(30)})
    assert many.status_code == 400
    bytes_ = await browser.http.post(
        f"{browser.path}/decision", content=b"action=\xff", headers={"content-type": FORM}
    )
    assert bytes_.status_code == 400
    unknown = await browser.post("/decision", {"action": "pay"})
    assert unknown.status_code == 400
    assert (await browser.post("/seen", {"signal": "robot"})).status_code == 400


async def test_the_pdf_opens_under_its_name(shelf: Shelf, browser: Browser) -> None:
    answer = await browser.get("/pdf")
    assert answer.content.startswith(b"%PDF")
    name = f"Presupuesto-{shelf.document['number']}.pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{name}"'


async def test_guessing_is_stopped(narrow: httpx.AsyncClient) -> None:
    for _ in range(30):
        assert (await narrow.get(f"/d/{new_token()}")).status_code == 404
    answer = await narrow.get(f"/d/{new_token()}?lang=en")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many attempts" in answer.text
    assert_headers(answer)


async def test_answering_again_and_again_is_stopped(
    narrow: httpx.AsyncClient, browser: Browser
) -> None:
    form = {
        "action": "reject",
        "form_nonce": await browser.nonce("/reject"),
        "name": NAME,
        "statement": "yes",
    }
    browser.http = narrow
    for _ in range(10):
        assert (await browser.post("/decision", form)).status_code == 303
        assert (await browser.post("/undo", form)).status_code == 303
    for rest in ("/decision", "/undo"):
        answer = await browser.post(f"{rest}?lang=en", form)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert "Too many attempts" in answer.text
        assert_headers(answer)
    assert "Demasiados intentos" in (await browser.post("/undo", form)).text


async def test_a_failure_of_ours_is_a_page_with_a_number(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("app.portal.service.read", fail)
    answer = await browser.get()
    assert answer.status_code == 500
    assert answer.headers["request-id"] in answer.text
    assert "secret detail" not in answer.text
    assert_headers(answer)
    monkeypatch.setattr("app.portal.service.read", _away)
    answer = await browser.get()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def _away(*_: object, **__: object) -> None:
    raise ConnectionRefusedError


async def test_styles_and_scripts_are_kept_by_browsers(browser: Browser) -> None:
    page = (await browser.get()).text
    paths = re.findall(r'(?:href|src)="(/(?:static|theme)/[^"]+)"', page)
    assert len(paths) == 4
    for path in paths:
        answer = await browser.http.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    plain = await browser.http.get("/static/page.css")
    assert plain.headers["cache-control"] == "public, max-age=300"
    assert plain.headers["content-type"] == "text/css; charset=utf-8"
    assert len(plain.content) < 16_000


async def test_privacy_is_explained(anonymous: httpx.AsyncClient) -> None:
    spanish = await anonymous.get("/privacy")
    assert "<h1>Privacidad</h1>" in spanish.text
    english = await anonymous.get("/privacy?lang=en")
    assert "<h1>Privacy</h1>" in english.text
    assert_headers(english)
