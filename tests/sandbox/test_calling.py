"""Calling as an outsider: whatever is not expected ends the caller, and says what came."""

from pathlib import Path

import httpx
import pytest
import respx

from app.sandbox import calling, demo
from app.sandbox.calling import Caller, Surprise, await_message, token_in

URL = "http://127.0.0.1:8000"
TOKEN = "r71AOnXXKPUD7ywRUjZhAToyNKgAmdJGGYRZoub3hNQ"


@pytest.fixture
def api(respx_mock: respx.MockRouter) -> respx.MockRouter:
    respx_mock.get(f"{URL}/refused").respond(409, json={"reason": "already_accepted"})
    respx_mock.get(f"{URL}/page").respond(200, html="<p>")
    respx_mock.get(f"{URL}/list").respond(200, json=[])
    respx_mock.post(f"{URL}/silent").respond(204)
    respx_mock.get(f"{URL}/down").mock(side_effect=httpx.ConnectError("refused"))
    return respx_mock


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/refused", "409.*already_accepted"),
        ("/page", "no JSON"),
        ("/list", "no object"),
        ("/down", "no answer"),
    ],
)
def test_anything_unexpected_is_told(api: respx.MockRouter, path: str, told: str) -> None:
    with Caller(URL) as caller, pytest.raises(Surprise, match=told):
        caller.call("GET", path)
    assert api.calls.call_count == 1


def test_the_same_deed_has_the_same_key(api: respx.MockRouter) -> None:
    with Caller(URL, "secret") as caller:
        for deed in ("one", "one", "two"):
            assert caller.call("POST", "/silent", {}, key=deed) == {}
    keys = [call.request.headers["idempotency-key"] for call in api.calls]
    assert keys[0] == keys[1] != keys[2]
    assert api.calls.last.request.headers["authorization"] == "Bearer secret"


def test_a_message_that_does_not_come_is_told(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "MAIL_TIMEOUT_S", 0.1)
    other = {"ID": "1", "To": [{"Address": "ana@velero.example"}], "Subject": "P-260041"}
    respx_mock.get(f"{URL}/api/v1/messages").respond(200, json={"messages": [other]})
    with Caller(URL) as inbox, pytest.raises(Surprise, match="P-260042"):
        await_message(inbox, to="ana@velero.example", about="P-260042")


def test_the_link_is_found_in_the_text() -> None:
    message = {"Subject": "s", "Text": f"ACEPTAR:\n{URL}/d/{TOKEN}/accept\n"}
    assert token_in(message) == TOKEN
    with pytest.raises(Surprise, match="no link"):
        token_in({"Subject": "s", "Text": f"{URL}/d/short"})


def test_the_demo_ends_with_what_surprised_it(
    respx_mock: respx.MockRouter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = f'{{"api_url": "{URL}", "admin_email": "a@b.example", "admin_password": "x"}}'
    (tmp_path / "sandbox.json").write_text(facts)
    respx_mock.post(f"{URL}/v1/auth/login").respond(503, json={"code": "unavailable"})
    assert demo.run(tmp_path) == 1
    assert "POST /v1/auth/login answered 503" in capsys.readouterr().err
