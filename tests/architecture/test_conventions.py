"""Rules of the house that a tool can hold."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import configure_mappers

from app.web.openapi import declarations
from tests.architecture.conftest import routes_of
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MONEY = (
    "documents/totals.py",
    "documents/breakdown.py",
    "documents/printable.py",
    "documents/drafting.py",
    "documents/issuing.py",
    "kernel/money.py",
    "kernel/formats.py",
)
"""Where an amount is computed or written."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Give the line and the dotted name of everything a file calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_transactions_end_in_one_place() -> None:
    found = [
        f"{name_of(path)}:{line}"
        for path in SOURCES
        for line, name in calls(path)
        if re.search(r"\.(commit|rollback)$", name)
    ]
    assert [one for one in found if not one.startswith("app/kernel/database.py:")] == []


def test_only_the_clock_tells_the_time() -> None:
    asks = re.compile(r"\b(date|datetime)\.(now|utcnow|today)$|^time\.(time|time_ns|localtime)$")
    found = [
        f"{name_of(path)}:{line} {name}"
        for path in SOURCES
        for line, name in calls(path)
        if asks.search(name)
    ]
    assert [one for one in found if not one.startswith("app/kernel/clock.py:")] == []


def test_sql_does_not_ask_the_database_for_the_time() -> None:
    asks = re.compile(
        r"\b(now\(\)|current_timestamp|current_date|clock_timestamp\(\))", re.IGNORECASE
    )
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        if not name_of(path).startswith("app/jobs/")  # the queue library's own columns
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "text"
        if node.args and asks.search(ast.unparse(node.args[0]))
    ]
    assert found == []


@pytest.mark.parametrize("name", MONEY)
def test_money_is_never_a_float(name: str) -> None:
    tree = ast.parse((ROOT / "app" / name).read_text(encoding="utf-8"))
    found = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert found == []


def test_only_adapters_speak_to_others() -> None:
    speakers = {"httpx", "aiosmtplib", "reportlab"}
    found = [
        f"{name_of(path)}: {name}"
        for path in SOURCES
        for name in imports(path)
        if name.split(".")[0] in speakers
    ]
    allowed = ("app/adapters/", "app/sandbox/")
    assert [one for one in found if not one.startswith(allowed)] == []


def test_tests_use_the_async_client() -> None:
    found = [
        name_of(path)
        for path in [*SOURCES, *TESTS]
        for name in imports(path)
        if name in {"fastapi.testclient", "starlette.testclient", "requests"}
    ]
    assert found == []


def test_every_relationship_is_loaded_on_purpose() -> None:
    for path in SOURCES:
        if path.name == "models.py":
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    configure_mappers()
    base = importlib.import_module("app.kernel.database").Base
    lazy = {
        f"{mapper.class_.__name__}.{relationship.key}": relationship.lazy
        for mapper in base.registry.mappers
        for relationship in mapper.relationships
    }
    assert lazy
    assert {name: how for name, how in lazy.items() if how != "raise"} == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in SOURCES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_exception_is_swallowed_whole() -> None:
    bare = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_templates_never_switch_escaping_off() -> None:
    templates = [
        path
        for path in (ROOT / "app" / "templates").rglob("*")
        if path.suffix in {".html", ".svg", ".txt", ".j2"}
    ]
    assert templates
    for path in templates:
        text = path.read_text(encoding="utf-8")
        literals_aside = re.sub(r'"[^"{}]*" \| safe\b', "", text)
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", literals_aside), name_of(path)


def test_pages_use_no_remote_file_and_nothing_inline() -> None:
    for path in [*(ROOT / "app" / "templates" / "pages").rglob("*.html"),
                 *(ROOT / "app" / "templates" / "docs").rglob("*.html")]:  # fmt: skip
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), name_of(path)
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), name_of(path)
        assert not re.search(r"""(src|href)=["'](https?:)?//""", text), name_of(path)


def test_no_dependency_takes_a_thread(application: FastAPI) -> None:
    """A plain function would wait for one, whatever little it does."""
    plain = {
        f"{route.path}: {call}"
        for route in routes_of(application)
        for call in declarations(route.dependant)
        if not any(
            is_async(one)
            for one in (call, getattr(call, "__call__", None))  # noqa: B004 - its own code
            for is_async in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        )
    }
    assert plain == set()
