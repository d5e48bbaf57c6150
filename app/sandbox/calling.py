"""Calling our own API and the inbox as an outsider does; anything unexpected ends it."""

import re
import time
from collections.abc import Mapping
from typing import Any, Self, TypeAlias
from uuid import NAMESPACE_URL, uuid5

import httpx

Json: TypeAlias = dict[str, Any]

MAIL_TIMEOUT_S = 30


class Surprise(RuntimeError):
    """An answer was not the one expected; the text says what came instead."""


class Caller:
    """A client of one base address, with or without a token."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        language: str = "es",
        if_match: int | None = None,
    ) -> httpx.Response:
        """Send one request.

        Args:
            method: As in HTTP.
            path: Under the base address, or a whole address.
            body: Sent as JSON.
            key: Names the deed; the same key again gives the same answer.
            language: Of the texts in the answer.
            if_match: The version that must still be the one.

        Raises:
            Surprise: The answer is not a success.
        """
        headers = {"Accept-Language": language}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        if key is not None:
            headers["Idempotency-Key"] = str(uuid5(NAMESPACE_URL, f"conforme:{key}"))
        try:
            answer = self._client.request(
                method, path, json=dict(body) if body is not None else None, headers=headers
            )
        except httpx.TransportError as error:
            raise Surprise(f"{method} {path}: no answer ({error})") from error
        if not answer.is_success:
            raise Surprise(f"{method} {path} answered {answer.status_code}: {answer.text[:2000]}")
        return answer

    def submit(self, path: str, form: Mapping[str, str]) -> None:
        """Send a form as a browser does; where it leads to is followed.

        Raises:
            Surprise: The answer is not a success.
        """
        answer = self._client.post(path, data=dict(form), follow_redirects=True)
        if not answer.is_success:
            raise Surprise(f"POST {path} answered {answer.status_code}: {answer.text[:2000]}")

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        language: str = "es",
        if_match: int | None = None,
    ) -> Json:
        """Send one request and give its JSON.

        Raises:
            Surprise: The answer is not a success, or not a JSON object.
        """
        answer = self.fetch(method, path, body, key=key, language=language, if_match=if_match)
        if answer.status_code == httpx.codes.NO_CONTENT:
            return {}
        try:
            given = answer.json()
        except ValueError as error:
            raise Surprise(f"{method} {path} answered no JSON") from error
        if not isinstance(given, dict):
            raise Surprise(f"{method} {path} answered no object")
        return given


def await_message(inbox: Caller, *, to: str, about: str) -> Json:
    """Wait for the newest message to an address whose subject names something.

    Raises:
        Surprise: It does not come in time.
    """
    deadline = time.monotonic() + MAIL_TIMEOUT_S
    while time.monotonic() < deadline:
        for summary in inbox.call("GET", "/api/v1/messages?limit=1000")["messages"]:
            addresses = [box["Address"] for box in summary["To"]]
            if to in addresses and about in summary["Subject"]:
                return inbox.call("GET", f"/api/v1/message/{summary['ID']}")
        time.sleep(0.2)
    raise Surprise(f"no message about {about} reached {to} within {MAIL_TIMEOUT_S} seconds")


def token_in(message: Json) -> str:
    """Find the client's token in a message's text.

    Raises:
        Surprise: The message holds no link.
    """
    found = re.search(r"https?://\S+/d/([A-Za-z0-9_-]{20,})", message["Text"])
    if found is None:
        raise Surprise(f"the message «{message['Subject']}» holds no link")
    return found[1]
