"""Telling a story step by step, and insisting that each answer is as it must be."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.sandbox.calling import Surprise

TIMEOUT_S = 30


class Teller:
    """Prints numbered steps, and under each what was asked and answered."""

    def __init__(self) -> None:
        self._step = 0

    def tell(self, what: str) -> None:
        """Begin a step."""
        self._step += 1
        print(f"\n{self._step}. {what}", flush=True)

    def show(self, request: str, answer: Mapping[str, Any], *names: str) -> None:
        """Show some fields of an answer."""
        shown = {name: answer[name] for name in names}
        self.say(request, json.dumps(shown, ensure_ascii=False))

    def say(self, request: str, answer: str) -> None:
        """Show an answer in words."""
        if request:
            print(f"   {request}")
        print(f"     → {answer}", flush=True)


def expect(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Insist on something.

    Raises:
        Surprise: It is not so.
    """
    if not is_so:
        raise Surprise(f"it should be that {what}")


def await_that(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that the worker does.

    Raises:
        Surprise: It does not come in time.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise Surprise(f"within {TIMEOUT_S} seconds it should be that {what}")
        time.sleep(0.2)
