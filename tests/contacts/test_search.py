"""What people type finds contacts: closest first, by index, and only the office's own."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event

from app.kernel.rows import Row, Rows, Statement
from tests.factories import a_contact, a_quote
from tests.offices import Office

SOL = {"legal_name": "Varadero Sol, S.L.", "tax_id": "B83534750"}


async def found(office: Office, q: str, **params: str) -> list[str]:
    answer = await office.api.get("/v1/contacts", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return [row["display_name"] for row in answer.json()["data"]]


async def named(office: Office, *names: str) -> None:
    for name in names:
        await a_contact(office, legal_name=name, tax_id=None, emails=[])


SLIPS = (
    "varaderro", "vardero", "vaardero sol", "barcelò", "náutica barcelo", "NAUTICA BARCELLO",
    "bjorn", "Strasse", "ÑANDU", "øresund",
)  # fmt: skip


async def test_accents_and_slips_are_forgiven(office: Office) -> None:
    await named(
        office, "Varadero Sol, S.L.", "Náutica Barceló", "Bjørn Straße", "Ñandú Øresund", "Gestoría"
    )
    for q in SLIPS:
        assert len(await found(office, q)) == 1, q


async def test_numbers_are_taken_to_the_letter(office: Office) -> None:
    await a_contact(office, **SOL)
    assert await found(office, "B83534750") == ["Varadero Sol, S.L."]
    assert await found(office, "B83534751") == []


async def test_the_closest_come_first(office: Office) -> None:
    await named(office, "Consolación Gil", "Taller del Sol", "Solera Marina", "Sol", "Sal Marina")
    assert await found(office, "sol") == [
        "Sol", "Solera Marina", "Taller del Sol", "Consolación Gil",
    ]  # fmt: skip
    await named(office, "Gonzales", "González", "Ana Gonzales")
    assert await found(office, "gonzales") == ["Gonzales", "Ana Gonzales", "González"]


async def test_the_tax_id_itself_comes_before_names_that_hold_it(office: Office) -> None:
    await named(office, "B83534750 de prueba")
    await a_contact(office, **SOL)
    for q in ("B83534750", "b-83.534.750"):
        assert await found(office, q) == ["Varadero Sol, S.L.", "B83534750 de prueba"]


async def test_pages_of_a_search_give_everything_once(office: Office) -> None:
    await named(office, *[f"Velas {name}" for name in "DCBA"], "Taller Velas", "Velos Mar", "Nada")
    whole = await found(office, "velas")
    assert whole == ["Velas A", "Velas B", "Velas C", "Velas D", "Taller Velas", "Velos Mar"]
    seen: list[str] = []
    params: dict[str, str | int] = {"q": "velas", "limit": 2}
    while True:
        page = (await office.api.get("/v1/contacts", params=params)).json()
        seen += [row["display_name"] for row in page["data"]]
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == whole
    other = await office.api.get("/v1/contacts", params={**params, "q": "velos"})
    assert (other.status_code, other.json()["code"]) == (400, "cursor_invalid")


async def test_filters_hold_for_a_search(office: Office) -> None:
    await named(office, "Velas Uno")
    await a_contact(office, legal_name="Velas Dos", roles=["supplier"])
    assert await found(office, "velas", role="supplier") == ["Velas Dos"]


HOSTILE = (
    "%", "_", "%%%", "\\", "\\%", ".", "'", "--;", "(((", "*", "€", "+", "¿?", "v%l",
    "v_l", "a" * 100, "q " * 50, "' or 1=1 --",
)  # fmt: skip
"""Wildcards, escapes, punctuation alone, and as much as is let in."""


async def test_hostile_text_finds_nothing(office: Office) -> None:
    await named(office, "Varadero Sol, S.L.")
    await a_quote(office)
    for q in HOSTILE:
        assert await found(office, q) == [], q
        answer = await office.api.get("/v1/documents", params={"q": q})
        assert (answer.status_code, answer.json()["data"]) == (200, []), q


async def test_pictures_and_other_scripts_are_words_too(office: Office) -> None:
    await named(office, "Barco 🚤", "Αθηνά", "Афина", "Otro")
    assert await found(office, "🚤") == ["Barco 🚤"]
    assert await found(office, "αθηνα") == ["Αθηνά"]
    assert await found(office, "АФИНА") == ["Афина"]


async def test_what_is_too_long_or_binary_is_refused(office: Office) -> None:
    for path in ("/v1/contacts", "/v1/documents"):
        for q, status in (("a" * 7000, 422), ("a\x00b", 400), ("a" * 10_240, 400), ("a\x07b", 422)):
            answer = await office.api.get(path, params={"q": q})
            assert answer.status_code == status, (path, q[:5], answer.text)


async def test_a_search_stays_in_its_organization(office: Office, rival: Office) -> None:
    await a_contact(rival, **SOL)
    assert await found(office, "varadero") == []
    assert await found(office, "varaderro") == []
    assert await found(rival, "varaderro") == ["Varadero Sol, S.L."]


AS_IF_THERE_WERE_MANY = (
    "set local role none",
    "update pg_class set reltuples = 1e6, relpages = 1 where relname in ('contacts', 'documents')",
    "delete from pg_statistic where starelid in ('contacts'::regclass, 'documents'::regclass)",
    "set local role conforme_api",
)
"""What the planner believes in a transaction that is rolled back."""


async def test_searches_use_the_index_of_words(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row-level security would have every row read; the views keep it from that."""
    await a_quote(office)
    statements: list[tuple[str, Any]] = []
    engine = office.container.database.engine.sync_engine

    def keep(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if "findable_" in statement:
            statements.append((statement, parameters))

    run = Rows.all

    async def run_noted(rows: Rows, statement: Statement, **values: object) -> Sequence[Row]:
        keep(None, None, statement.text, tuple(statement.arguments(values)))
        return await run(rows, statement, **values)

    monkeypatch.setattr(Rows, "all", run_noted)
    event.listen(engine, "before_cursor_execute", keep)
    for path in ("/v1/contacts", "/v1/documents"):
        await office.api.get(path, params={"q": "varadero"})
    event.remove(engine, "before_cursor_execute", keep)
    plans = []
    async with office.container.database.engine.connect() as connection:
        for setting in (*AS_IF_THERE_WERE_MANY, f"set local app.org = '{office.organization_id}'"):
            await connection.exec_driver_sql(setting)
        for statement, parameters in statements:
            rows = await connection.exec_driver_sql(f"explain {statement}", parameters)
            plans.append("\n".join(line for (line,) in rows))
    of_contacts, of_documents = plans
    condition = r"on ix_{}_words .*\n\s+Index Cond: .*words %>> 'varadero'"
    assert re.search(condition.format("contacts"), of_contacts), of_contacts
    assert re.search(condition.format("contacts"), of_documents), of_documents
    assert re.search(condition.format("documents"), of_documents), of_documents
