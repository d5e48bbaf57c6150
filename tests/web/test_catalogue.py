"""Every problem, reason and fault the code can tell has a text in each language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

import app
from app.events.kinds import KINDS
from app.kernel.languages import LANGUAGES
from app.kernel.wording import wording
from app.web.problems import STATUS

CODE = Path(app.__file__).parent

CONTRACT_REASONS = {
    "not_issued", "already_issued", "not_current_revision", "document_expired",
    "document_voided", "document_converted", "already_accepted", "already_rejected",
    "undo_window_passed", "payments_not_enabled", "nothing_due", "payment_live",
    "invoice_immutable", "role_client_required", "legal_fields_missing", "tax_id_checksum",
    "no_recipient", "recipient_suppressed", "permission_missing", "recent_sign_in_required",
    "form_nonce_invalid", "recipient_read_only", "code_required", "code_invalid",
    "confirmation_required",
}  # fmt: skip

MET_OF_PYDANTIC = {
    "missing", "extra_forbidden", "json_invalid", "model_attributes_type", "model_type",
    "dict_type", "list_type", "string_type", "string_too_long", "string_too_short",
    "string_pattern_mismatch", "string_unicode", "too_long", "too_short", "bool_type",
    "bool_parsing", "int_type", "int_parsing", "int_parsing_size", "int_from_float",
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "decimal_max_places",
    "decimal_max_digits", "decimal_whole_digits", "date_parsing", "date_type",
    "date_from_datetime_parsing", "date_from_datetime_inexact", "datetime_type",
    "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid",
    "timezone_aware", "enum", "literal_error", "uuid_type", "uuid_parsing", "union_tag_invalid",
    "union_tag_not_found", "value_error",
}  # fmt: skip


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Give every call in the code with the last part of the name it calls."""
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else None
                name = node.func.id if isinstance(node.func, ast.Name) else name
                yield name or "", node


def literals(node: ast.expr | None) -> Iterator[str]:
    """Give the texts an expression can come to, both arms of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def told_faults() -> set[str]:
    places = {"Fault": 1, "add": 1, "Refused": 0, "PydanticCustomError": 0}
    found: set[str] = set()
    for name, call in calls():
        if name == "add" and len(call.args) != 2:  # set.add, not Findings.add
            continue
        if name in places:
            found.update(literals(argument(call, places[name], "code")))
    return found


def told(keyword: str) -> set[str]:
    """Give every literal passed as a keyword argument of that name."""
    return {
        text
        for _, call in calls()
        for argument in call.keywords
        if argument.arg == keyword
        for text in literals(argument.value)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_title_and_a_detail(language: str) -> None:
    texts = wording("problems", language)
    lacking = [
        key for code in STATUS for key in (f"title.{code}", f"detail.{code}") if key not in texts
    ]
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text(language: str) -> None:
    texts = wording("problems", language)
    reasons = CONTRACT_REASONS | told("reason")
    assert sorted(reason for reason in reasons if f"reason.{reason}" not in texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_a_text(language: str) -> None:
    texts = wording("problems", language)
    faults = {"other"} | MET_OF_PYDANTIC | told_faults()
    assert sorted(fault for fault in faults if f"fault.{fault}" not in texts) == []


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    assert {"tax_id.checksum", "email.repeated", "decimal_pattern", "only_one"} <= told_faults()
    assert {"tax_id_checksum", "permission_missing", "credentials_wrong"} <= told("reason")
    assert set(get_args(ErrorType)) >= MET_OF_PYDANTIC


def test_languages_have_the_same_keys_and_placeholders() -> None:
    spanish, english = (wording("problems", language).texts for language in ("es", "en"))
    assert spanish.keys() == english.keys()
    for key, text in spanish.items():
        assert placeholders(text) == placeholders(english[key]), key
        assert text, key
        assert english[key], key


def test_texts_ask_only_for_values_that_always_come() -> None:
    texts = wording("problems", "es").texts
    ours = {f"fault.{code}" for code in told_faults()} - {f"fault.{e}" for e in MET_OF_PYDANTIC}
    asking = {
        key: placeholders(text)
        for key, text in texts.items()
        if placeholders(text) and key not in ours
    }
    assert asking == {
        "faults": {"count"},
        "fault.string_too_long": {"max_length"},
        "fault.string_too_short": {"min_length"},
        "fault.too_long": {"max_length"},
        "fault.too_short": {"min_length"},
        "fault.greater_than": {"gt"},
        "fault.greater_than_equal": {"ge"},
        "fault.less_than": {"lt"},
        "fault.less_than_equal": {"le"},
        "fault.decimal_max_places": {"decimal_places"},
        "fault.decimal_max_digits": {"max_digits"},
        "fault.decimal_whole_digits": {"whole_digits"},
        "fault.enum": {"expected"},
        "fault.literal_error": {"expected"},
        "fault.template.limit": {"line"},
        "fault.template.syntax": {"line"},
        "fault.template.unknown_filter": {"line", "name"},
        "fault.template.unknown_name": {"line", "name"},
    }


def test_nothing_is_listed_twice() -> None:
    for language in LANGUAGES:
        source = (CODE / "locales" / language / "problems.po").read_text()
        keys = re.findall(r'^msgid "(.+)"$', source, re.MULTILINE)
        assert len(keys) == len(set(keys))


def test_every_kind_of_event_made_is_published() -> None:
    groups = {group.name for group in KINDS.values()}
    assert groups <= {"MESSAGES", "DOCUMENTS", "COMMENTS", "COMMERCIAL", "PAYMENTS", "CHANGES"}
    made = set()
    for path in CODE.rglob("events.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                made.update(re.findall(r"^[a-z_]+\.[a-z_]+$", node.value))
    assert sorted(made - KINDS.keys()) == []


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))
