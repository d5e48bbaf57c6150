"""Every problem that can be met has its words, in every language."""

import ast
import json
import re

import pytest

from app.kernel import errors
from app.kernel.wording import wording
from app.web.problems import STATUS
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "app").rglob("*.py"))
LANGUAGES = ("es", "en")


def _strings(keyword: str) -> set[str]:
    """Give the literal values handed to a keyword of anything called in the application."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for given in node.keywords:
                    if given.arg == keyword and isinstance(given.value, ast.Constant):
                        found.add(given.value.value)
    return {value for value in found if isinstance(value, str)}


def _told_besides() -> set[str]:
    """Give the names of what problems tell beyond RFC 9457, where they are written out."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.keyword) or node.arg != "extra":
                continue
            keys = node.value.keys if isinstance(node.value, ast.Dict) else []
            found |= {key.value for key in keys if isinstance(key, ast.Constant)}
    return {name for name in found if isinstance(name, str)}


def test_what_a_problem_tells_besides_is_in_its_shape() -> None:
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    shape = document["components"]["schemas"]["Problem"]["properties"]
    told = _told_besides() | {"current_status", "allowed_actions", "existing_id"}
    assert {"current_version", "permission"} <= told
    assert told <= set(shape)


def _raised(name: str, position: int) -> set[str]:
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) <= position:
                continue
            given = node.args[position]
            if ast.unparse(node.func).split(".")[-1] == name and isinstance(given, ast.Constant):
                found.add(given.value)
    return {value for value in found if isinstance(value, str)}


def test_every_family_has_a_published_code() -> None:
    families: list[type[errors.Problem]] = [errors.Problem, *errors.Problem.__subclasses__()]
    assert {family.code for family in families} <= set(STATUS)
    for family in families:
        assert family.__doc__


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_words(language: str) -> None:
    texts = wording("problems", language)
    for code in STATUS:
        assert f"title.{code}" in texts, code
        assert f"detail.{code}" in texts, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    texts = wording("problems", language)
    problems = {node for node in _strings("reason") if re.fullmatch(r"[a-z_]+", node)}
    assert sorted(one for one in problems if f"reason.{one}" not in texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_its_words(language: str) -> None:
    texts = wording("problems", language)
    assert sorted(one for one in _raised("Fault", 1) if f"fault.{one}" not in texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_custom_refusal_has_its_words(language: str) -> None:
    texts = wording("problems", language)
    kinds = _raised("PydanticCustomError", 0)
    assert sorted(one for one in kinds if f"fault.{one}" not in texts) == []


def test_both_languages_say_the_same_things() -> None:
    spanish, english = (wording("problems", language).texts for language in LANGUAGES)
    assert set(spanish) == set(english)
    for key, text in spanish.items():
        assert _holes(text) == _holes(english[key]), key


def _holes(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))
