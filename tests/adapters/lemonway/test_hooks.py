"""Notifications and returns as Lemonway sends them, and as anybody may."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.lemonway.hooks import LemonwayHints
from app.payments.enrolment import PaperFault, PaperState
from app.payments.hints import Hint, HintKind, ReturnHint

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"

WIRE = {
    "NotifCategory": "10",
    "NotifDate": "2026-11-24T11:05:09.120",
    "IntId": "913",
    "ExtId": "ORG000017",
    "IdTransaction": "70501",
    "Amount": "363.00",
    "Status": "0",
}

reader = LemonwayHints()


def read(fields: dict[str, str]) -> Hint:
    return reader.read_hook(FORM, urlencode(fields).encode(), "")


def test_a_form_json_and_a_query_say_the_same() -> None:
    hint = read(WIRE)
    assert hint == reader.read_hook(JSON, json.dumps(WIRE).encode(), "")
    assert hint == reader.read_hook("", b"", urlencode(WIRE))
    assert (hint.kind, hint.category) == (HintKind.TRANSFER_IN, "10")
    assert (hint.wallet, hint.transaction_id) == ("ORG000017", "70501")


def test_a_repetition_has_the_same_key_and_anything_else_another() -> None:
    assert read(WIRE).key == read(dict(reversed(WIRE.items()))).key
    for name in WIRE:
        assert read(WIRE | {name: "1"}).key != read(WIRE).key


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("8", HintKind.ACCOUNT), ("13", HintKind.ACCOUNT), ("49", HintKind.ACCOUNT),
        ("50", HintKind.ACCOUNT), ("14", HintKind.CHARGEBACK), ("47", HintKind.CHARGEBACK),
        ("15", HintKind.PAYOUT), ("37", HintKind.PAYOUT), ("42", HintKind.PAYMENT),
        ("19", HintKind.LOW_BALANCE), ("48", HintKind.LOW_IBAN_STOCK), ("44", HintKind.OTHER),
        ("999", HintKind.OTHER),
    ],
)  # fmt: skip
def test_what_each_category_is_about(category: str, kind: HintKind) -> None:
    assert read(WIRE | {"NotifCategory": category}).kind is kind


def test_a_refused_paper() -> None:
    hint = read({"NotifCategory": "9", "ExtId": "ORG000017", "DocId": "48121", "Status": "4"})
    assert (hint.kind, hint.paper_id) == (HintKind.PAPER, "48121")
    assert (hint.paper_state, hint.paper_fault) == (PaperState.REFUSED, PaperFault.UNREADABLE)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b""),
        (JSON, b"[1]"),
        (JSON, b"{" * 50_000),
        (JSON, b'{"NotifCategory": {"a": 1}, "IdTransaction": [1], "ExtId": null}'),
        (FORM, b"\xff\xfe=%zz&&&="),
        (FORM, b"&".join(b"a=1" for _ in range(200))),
        ("text/xml", b"<a/>"),
        (FORM, b"IdTransaction=1%27%20OR%201&ExtId=" + b"x" * 500),
    ],
    ids=range(8),
)
def test_nonsense_is_a_hint_of_nothing(content_type: str, body: bytes) -> None:
    hint = reader.read_hook(content_type, body, "")
    assert hint.kind is HintKind.OTHER
    assert (hint.wallet, hint.transaction_id, hint.paper_id) == (None, None, None)


@given(st.sampled_from([FORM, JSON, "", "\udcff"]), st.binary(), st.binary())
def test_nothing_that_comes_breaks_the_reader(content_type: str, body: bytes, query: bytes) -> None:
    text = query.decode("latin-1")
    assert len(reader.read_hook(content_type, body, text).key) == 64
    reader.read_return(body, text)


def test_a_return_names_our_reference() -> None:
    posted = urlencode({"response_wkToken": "R-1", "response_transactionId": "70412"}).encode()
    assert reader.read_return(posted, "s=state") == ReturnHint("R-1", "70412")
    assert reader.read_return(b"", "s=state&response_wkToken=R-1") == ReturnHint("R-1", None)
    assert reader.read_return(b"\xff", "") == ReturnHint(None, None)
