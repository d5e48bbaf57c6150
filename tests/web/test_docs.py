"""The documentation pages: served by us alone, and what they tell to do works."""

import json
import re
from html import unescape

import httpx
import pytest

from tests.offices import Office

PAGES = ("/docs", "/docs/reference", "/docs/states", "/docs/problems")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_no_other_server(anonymous: httpx.AsyncClient, path: str) -> None:
    page = await anonymous.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in policy
    for reference in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        if reference.startswith("/"):
            found = await anonymous.get(reference.split("#")[0])
            assert found.status_code == 200, reference
        else:
            assert reference.startswith(("#", "data:")), reference
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)


async def test_files_outside_the_folder_are_not_served(anonymous: httpx.AsyncClient) -> None:
    for path in ("/docs/assets/../landing.html", "/docs/assets/%2e%2e/landing.html",
                 "/docs/assets/..%2flanding.html", "/docs/assets/nothing.css"):  # fmt: skip
        answer = await anonymous.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_landing_lists_every_operation(anonymous: httpx.AsyncClient) -> None:
    page = (await anonymous.get("/docs")).text
    document = (await anonymous.get("/openapi.json")).json()
    for path in document["paths"]:
        assert f">{path}<" in page


async def test_the_three_requests_work(office: Office) -> None:
    """Plays what the landing tells to type."""
    page = unescape((await office.api.get("/docs")).text)
    known: dict[str, str] = {}
    steps = re.findall(
        r"(?:(\w+)=\$\()?curl -s \$API(\S+)(.*?)(?=\n(?:\w+=\$\()?curl|</code>)", page, re.DOTALL
    )
    assert len(steps) == 4
    for variable, path, rest in steps:
        headers = dict(re.findall(r'-H "(Idempotency-Key): ([^"]+)"', rest))
        body = re.search(r"--json '(.*)'", rest, re.DOTALL)
        for name, value in known.items():
            path = path.replace(f"${name}", value)  # noqa: PLW2901 - the shell does it
            headers = {k: v.replace(f"${name}", value) for k, v in headers.items()}
        sent = body[1] if body else ""
        for name, value in known.items():
            sent = sent.replace(f"'${name}'", value)
        answer = await office.api.post(
            path, content=sent, headers={"Content-Type": "application/json", **headers}
        )
        assert answer.status_code in {200, 201}, answer.text
        if variable:
            known[variable] = json.loads(answer.text)["id"]
    assert await office.deliver() == 1
