"""Headers as nobody sends them by accident: refused or ignored, never a failure of ours."""

import httpx
import pytest

from tests.offices import Office

NOT_AN_ADDRESS = "http://[::1"
HOSTILE = {
    "Host": ["[::1", "a b", "@", "evil.example:99999999", "x" * 3_000, "\xff"],
    "Origin": [NOT_AN_ADDRESS, "null", "http://", "\xff", "http://a:b:c", "x" * 3_000],
    "X-Forwarded-For": ["[::1", ",,,", "::1%eth0", "\xff", "1" * 3_000],
    "X-Forwarded-Host": [NOT_AN_ADDRESS],
    "X-Forwarded-Proto": ["javascript"],
    "Forwarded": ["for=[::1"],
    "Accept-Language": [";;;", "-", "\xff", "es-" * 1_000, "*;q=nan"],
    "Accept": ["\xff"],
    "Range": ["bytes=", "bytes=-", "bytes=9-1", "bytes=" + "0-1," * 500, "lines=1-2", "\xff"],
    "If-Match": ['"', '""', '"\xff"', 'W/"', "7", '"' + "9" * 90 + '"', '"1","2"'],
    "If-None-Match": ['"', ",", "W/", "\xff", '"a"' * 100],
    "Content-Type": ["", "/", ";", "application/json; charset=\xff", "application/json;=;="],
    "Content-Length": ["9" * 5_000, "-1", "\xb2", "1e3"],
    "Content-Encoding": ["gzip"],
    "Authorization": ["Bearer", "Bearer \xff", "Bearer a b", "conforme_live_", "\xff"],
    "Cookie": ["__Host-session=\xff", "=;=", "__Host-session"],
    "Sec-Fetch-Site": ["\xff"],
    "Idempotency-Key": ["", "\xff", "x" * 256, " "],
    "Organization-Id": ["x", "\xff", ""],
    "Request-Id": ["\xff" * 500],
    "traceparent": ["00-zz", "\xff"],
    "User-Agent": ["\xff" * 1_000],
}
UNKNOWN = "x" * 43
REQUESTS = [
    ("GET", "/v1/organization"),
    ("POST", "/v1/contacts"),
    ("POST", "/v1/auth/login"),
    ("GET", f"/d/{UNKNOWN}"),
    ("POST", f"/d/{UNKNOWN}/decision"),
    ("POST", f"/public/v1/documents/{UNKNOWN}/accept"),
    ("OPTIONS", "/v1/contacts"),
    ("GET", "/static/page.css"),
    ("GET", "/docs"),
]


async def test_no_header_makes_us_fail(office: Office) -> None:
    office.app.state.trusted_proxies = 1
    for name, values in HOSTILE.items():
        for value in values:
            headers = {name.encode(): value.encode("latin-1")}
            for method, path in REQUESTS:
                answer = await office.api.request(method, path, headers=headers)
                assert answer.status_code < 500, (method, path, name, value, answer.text)
                assert answer.headers["request-id"]


async def test_an_origin_that_is_no_address_is_another_site(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.post(f"/d/{UNKNOWN}/decision", headers={"Origin": NOT_AN_ADDRESS})
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/v1/contacts/", "/health/live/", "/v1/auth/login/", "/docs/"])
async def test_a_slash_too_many_is_an_unknown_path(anonymous: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await anonymous.request(method, path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
