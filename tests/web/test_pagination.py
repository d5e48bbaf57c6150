"""Cursors: opaque, signed, and good only for the list they came from."""

from types import SimpleNamespace

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Malformed
from app.web.pagination import Paging
from app.web.schemas import PageQuery

KEY = b"a key of the tests"


def a_request(query: str = "", *, path: str = "/v1/things", key: bytes = KEY) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(secret_key=key))
    return Request(
        {"type": "http", "path": path, "query_string": query.encode(), "headers": [], "app": app,
         "server": ("api.example", 80), "scheme": "http"}
    )  # fmt: skip


def a_cursor(query: str = "q=sol") -> str:
    paging = Paging.of(a_request(query), PageQuery(limit=2))
    page, cursor = paging.split(["a", "b", "c"], lambda row: [row, 7])
    assert page == ["a", "b"]
    assert cursor is not None
    return cursor


def read(cursor: str, request: Request | None = None) -> Paging:
    return Paging.of(request or a_request("q=sol"), PageQuery(cursor=cursor))


def test_the_last_page_has_no_cursor() -> None:
    paging = Paging.of(a_request(), PageQuery(limit=3))
    assert paging.after is None
    assert paging.split(["a", "b", "c"], lambda row: [row]) == (["a", "b", "c"], None)


def test_a_cursor_gives_back_where_the_page_ended() -> None:
    assert read(a_cursor()).after == ["b", 7]
    assert read(a_cursor(), a_request("limit=9&cursor=x&q=sol")).after == ["b", 7]


@pytest.mark.parametrize(
    "request_",
    [
        a_request("q=luna"),
        a_request(""),
        a_request("q=sol&role=client"),
        a_request("q=sol", path="/v1/others"),
        a_request("q=sol", key=b"another key"),
    ],
)
def test_it_serves_no_other_list(request_: Request) -> None:
    with pytest.raises(Malformed) as refused:
        read(a_cursor(), request_)
    assert refused.value.problem_code == "cursor_invalid"


@given(st.text(min_size=1, max_size=200))
def test_no_text_is_a_cursor_by_chance(text: str) -> None:
    with pytest.raises(Malformed):
        read(text)


@given(st.data())
def test_no_altered_cursor_passes(data: st.DataObject) -> None:
    cursor = a_cursor()
    position = data.draw(st.integers(0, len(cursor) - 2))
    other = "A" if cursor[position] != "A" else "B"
    with pytest.raises(Malformed):
        read(cursor[:position] + other + cursor[position + 1 :])


def test_the_key_is_not_printed() -> None:
    assert KEY.decode() not in repr(Paging.of(a_request(), PageQuery()))
