"""Whatever goes wrong is answered in one shape, in the caller's language."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field, StrictBool, StrictInt, StringConstraints
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from app.kernel.errors import Conflict, Fault, Invalid, NotFound, Problem, TooMany, Unauthenticated
from app.web import problems
from app.web.middleware import BODY_BYTES_MAX, Requests, safe_path
from app.web.routing import Route
from app.web.schemas import Body, DecimalText, Line, PageQuery


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(Body):
    word: Annotated[Line, StringConstraints(min_length=1, max_length=5)]


class Thing(Body):
    count: Annotated[StrictInt, Field(ge=1, le=9)] = 1
    price: Annotated[DecimalText, Field(decimal_places=2)] | None = None
    color: Color = Color.RED
    language: Literal["es", "en"] = "es"
    id: UUID | None = None
    is_good: StrictBool = True
    parts: Annotated[list[Part], Field(max_length=3)] = Field(default_factory=list)


RAISED: dict[str, Exception] = {
    "not_found": NotFound(),
    "conflict": Conflict(reason="already_accepted", extra={"current_status": "accepted"}),
    "duplicate": Conflict(code="duplicate", extra={"existing_id": "019a"}),
    "rate": TooMany(retry_after_s=7),
    "who": Unauthenticated(),
    "faults": Invalid(faults=[Fault("/tax_id", "tax_id.checksum"), Fault("/a", "never.heard.of")]),
    "bug": RuntimeError("with a secret inside"),
    "stale": StaleDataError("UPDATE"),
    "pool": PoolTimeoutError(),
    "away": ConnectionRefusedError(),
}


class Driver(Exception):
    def __init__(self, sqlstate: str, constraint_name: str = "") -> None:
        super().__init__("a message of the database")
        self.sqlstate = sqlstate
        self.constraint_name = constraint_name


def integrity(constraint: str) -> IntegrityError:
    original = Exception()
    original.__cause__ = Driver("23505", constraint)
    return IntegrityError("insert into secrets", {}, original)


problems.foresee("uq_of_the_tests", Conflict(code="duplicate"))
RAISED |= {
    "foreseen": integrity("uq_of_the_tests"),
    "unforeseen": integrity("uq_unknown"),
    **{
        state: DBAPIError("select 1", {}, Driver(state))
        for state in ("08006", "53300", "57014", "40001", "40P01", "55P03", "22012")
    },
}

router = APIRouter(route_class=Route)


@router.post("/things")
async def make(body: Thing, *, trace: Annotated[str, Header(max_length=3)] = "") -> dict[str, str]:
    return {"trace": trace, "color": body.color}


@router.get("/things")
async def find(query: Annotated[PageQuery, Query()]) -> dict[str, int]:
    return {"limit": query.limit}


@router.get("/things/{thing_id}")
async def get(thing_id: UUID) -> dict[str, str]:
    return {"id": str(thing_id)}


@router.get("/raise/{name}")
async def fail(name: str) -> None:
    raise RAISED[name]


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(router)
    problems.install(app)
    app.add_middleware(Requests, allowed_hosts=("api.example",))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
        yield client


def check_shape(answer: httpx.Response, code: str) -> dict[str, object]:
    told: dict[str, object] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["code"] == code
    assert told["status"] == answer.status_code == problems.STATUS[code]
    assert str(told["type"]).endswith(f"/{code}")
    assert told["title"]
    assert told["detail"]
    assert told["request_id"] == answer.headers["request-id"]
    return told


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("not_found", "not_found"), ("conflict", "state_conflict"), ("duplicate", "duplicate"),
        ("rate", "rate_limited"), ("who", "authentication_required"),
        ("faults", "validation_failed"), ("bug", "internal_error"), ("stale", "version_conflict"),
        ("pool", "unavailable"), ("away", "unavailable"), ("foreseen", "duplicate"),
        ("unforeseen", "internal_error"), ("08006", "unavailable"), ("53300", "unavailable"),
        ("57014", "unavailable"), ("40001", "state_conflict"), ("40P01", "state_conflict"),
        ("55P03", "state_conflict"), ("22012", "internal_error"),
    ],
)  # fmt: skip
async def test_each_failure_is_a_problem(api: httpx.AsyncClient, name: str, code: str) -> None:
    answer = await api.get(f"/raise/{name}")
    check_shape(answer, code)
    assert "secret" not in answer.text


async def test_what_a_problem_carries(api: httpx.AsyncClient) -> None:
    told = (await api.get("/raise/conflict")).json()
    assert (told["reason"], told["current_status"]) == ("already_accepted", "accepted")
    assert (await api.get("/raise/duplicate")).json()["existing_id"] == "019a"
    assert (await api.get("/raise/rate")).headers["retry-after"] == "7"
    assert (await api.get("/raise/who")).headers["www-authenticate"] == "Bearer"


async def test_people_read_their_language(api: httpx.AsyncClient) -> None:
    for asked, language in [
        ("en-GB,es;q=0.5", "en"), ("fr, en", "en"), ("es", "es"), ("", "es"), ("xx;;,", "es"),
    ]:  # fmt: skip
        answer = await api.get("/raise/faults", headers={"Accept-Language": asked})
        assert answer.headers["content-language"] == language
        details = [fault["detail"] for fault in answer.json()["errors"]]
        assert all(details)
        assert ("control character" in details[0]) == (language == "en")


HOSTILE: list[tuple[object, str, str]] = [
    ({"count": True}, "/count", "int_type"),
    ({"count": "1"}, "/count", "int_type"),
    ({"count": 1.5}, "/count", "int_type"),
    ({"count": 0}, "/count", "greater_than_equal"),
    ({"count": 10}, "/count", "less_than_equal"),
    ({"count": None}, "/count", "int_type"),
    ({"price": 4.5}, "/price", "decimal_pattern"),
    ({"price": "1.001"}, "/price", "decimal_max_places"),
    ({"color": "green"}, "/color", "enum"),
    ({"language": "fr"}, "/language", "literal_error"),
    ({"id": "x"}, "/id", "uuid_parsing"),
    ({"is_good": 1}, "/is_good", "bool_type"),
    ({"parts": {}}, "/parts", "list_type"),
    ({"parts": [{"word": "ok"}, {"word": ""}]}, "/parts/1/word", "too_short"),
    ({"parts": [{"word": "much too long"}]}, "/parts/0/word", "too_long"),
    ({"parts": [{"word": "a\0"}]}, "/parts/0/word", "text_control"),
    ({"parts": [{}]}, "/parts/0/word", "missing"),
    ({"parts": ["x"]}, "/parts/0", "model_attributes_type"),
    ({"parts": [{"word": "x"}] * 50_000}, "/parts", "too_long"),
    ({"a/b~c": 1}, "/a~1b~0c", "extra_forbidden"),
    ([], "", "model_attributes_type"),
    ("text", "", "model_attributes_type"),
    (None, "", "missing"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), HOSTILE)
@pytest.mark.parametrize("language", ["es", "en"])
async def test_hostile_bodies_are_pointed_at(
    api: httpx.AsyncClient, body: object, pointer: str, code: str, language: str
) -> None:
    answer = await api.post("/things", json=body, headers={"Accept-Language": language})
    told = check_shape(answer, "validation_failed")
    assert isinstance(told["errors"], list)
    fault = told["errors"][0]
    assert (fault["in"], fault["pointer"], fault["code"]) == ("body", pointer, code)
    assert fault["detail"]
    assert "{" not in fault["detail"]


async def test_choices_are_told_without_english(api: httpx.AsyncClient) -> None:
    fault = (await api.post("/things", json={"color": "x"})).json()["errors"][0]
    assert fault["params"] == {"expected": "red, blue"}


@pytest.mark.parametrize("content", ["{", "", "\xff", "[" * 100_000, '{"a": 1,}', "{'a': 1}"])
async def test_what_is_not_json(api: httpx.AsyncClient, content: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/things", content=content.encode("latin-1"), headers=headers)
    assert answer.status_code in {400, 422}
    check_shape(answer, str(answer.json()["code"]))


async def test_names_that_are_not_unicode_or_endless(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.post("/things", content=rb'{"\ud800": 1}', headers=headers)
    check_shape(answer, "validation_failed")
    answer = await api.post("/things", json={"x" * 10_000: 1})
    assert len(answer.text) < 2_000
    answer = await api.post("/things", json={f"x{number}": 1 for number in range(20_000)})
    assert len(answer.json()["errors"]) == 100


async def test_the_value_is_not_echoed(api: httpx.AsyncClient) -> None:
    answer = await api.post("/things", json={"count": "hunter2", "hunter3": {"a": "hunter4"}})
    assert "hunter2" not in answer.text
    assert "hunter4" not in answer.text


async def test_queries_paths_and_headers_have_their_place(api: httpx.AsyncClient) -> None:
    async def fault_of(method: str, path: str, **headers: str) -> tuple[str, str, str]:
        answer = await api.request(method, path, headers=headers, json={})
        told = check_shape(answer, "validation_failed")
        assert isinstance(told["errors"], list)
        fault = told["errors"][0]
        return fault["in"], fault["pointer"], fault["code"]

    assert await fault_of("GET", "/things?limit=0") == ("query", "limit", "greater_than_equal")
    assert await fault_of("GET", "/things?limt=1") == ("query", "limt", "extra_forbidden")
    assert await fault_of("GET", "/things/7") == ("path", "thing_id", "uuid_parsing")
    assert await fault_of("POST", "/things", trace="long") == ("header", "trace", "string_too_long")


async def test_what_the_framework_refuses(api: httpx.AsyncClient) -> None:
    check_shape(await api.get("/nowhere"), "not_found")
    answer = await api.delete("/things")
    check_shape(answer, "method_not_allowed")
    assert answer.headers["allow"]


async def test_bodies_are_bounded_whether_or_not_they_say_their_length(
    api: httpx.AsyncClient,
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * (BODY_BYTES_MAX // 100)

    headers = {"Content-Type": "application/json"}
    announced = await api.post("/things", content=b" " * (BODY_BYTES_MAX + 1), headers=headers)
    check_shape(announced, "body_too_large")
    check_shape(await api.post("/things", content=endless(), headers=headers), "body_too_large")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/things?limit=%00", {}),
        ("/things/%00", {}),
        ("/things?limit=" + "1" * 9_000, {}),
        ("/things", {"Content-Length": "-1"}),
        ("/things", {"Host": "elsewhere.example"}),
    ],
)
async def test_requests_of_a_wrong_form(
    api: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    check_shape(await api.get(path, headers=headers), "malformed_request")


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/d/secret/accept", "/d/…/accept"),
        ("/public/v1/documents/secret", "/public/v1/documents/…"),
        ("/hooks/mail/provider/secret", "/hooks/mail/provider/…"),
        ("/v1/contacts/7", "/v1/contacts/7"),
    ],
)
def test_secrets_stay_out_of_the_log(path: str, safe: str) -> None:
    assert safe_path(path) == safe


def test_faults_keep_what_texts_need_and_nothing_else() -> None:
    error = RequestValidationError(
        [{"type": "too_long", "loc": ("body", "a"), "ctx": {"max_length": 3, "actual_length": 9},
          "input": "secret"}]
    )  # fmt: skip
    assert problems.faults_of(error.errors()) == [
        Fault("/a", "too_long", params={"max_length": "3"})
    ]


def test_a_problem_says_its_cause() -> None:
    assert str(Problem(reason="busy")) == "busy"
    assert str(NotFound()) == "not_found"
