"""Another language is only another folder of catalogues."""

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from app.kernel import formats, languages, wording
from app.kernel.languages import LANGUAGES, Language, language_after, languages_present
from app.kernel.money import Money
from tests.adapters.pdf.reading import text_of
from tests.factories_printable import a_printable


@pytest.fixture
def catalan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A third language: the Spanish catalogues, but for a word and a format."""
    for code in LANGUAGES:
        shutil.copytree(wording.LOCALES / code, tmp_path / code)
    folder = tmp_path / "ca"
    shutil.copytree(wording.LOCALES / "es", folder)
    for name, spanish, own in (
        ("printed.po", 'msgstr "Presupuesto"', 'msgstr "Pressupost"'),
        ("formats.po", 'msgstr "es_ES"', 'msgstr "ca_ES"'),
        ("formats.po", 'msgstr "dd/MM/yyyy"', 'msgstr "d.M.yyyy"'),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert spanish in text
        (folder / name).write_text(text.replace(spanish, own), encoding="utf-8")
    monkeypatch.setattr(wording, "LOCALES", tmp_path)
    monkeypatch.setattr(languages, "LOCALES", tmp_path)
    yield
    wording.wording.cache_clear()


@pytest.mark.usefixtures("catalan")
def test_a_language_more_is_a_folder_more() -> None:
    assert languages_present() == ("es", "ca", "en")
    text = text_of(a_printable(language="ca"))
    assert "Pressupost" in text
    assert "Presupuesto" not in text
    assert "24.11.2026" in text
    assert formats.long_date(date(2026, 11, 24), "ca") == "24 de novembre del 2026"
    assert formats.money(Money(123456), "ca") == "1.234,56\u00a0€"
    assert formats.percent(Decimal("5.20"), "ca") == "5,2\u00a0%"


def test_what_callers_may_choose_is_what_there_is() -> None:
    choice: TypeAdapter[str] = TypeAdapter(Language)
    assert choice.json_schema()["enum"] == list(LANGUAGES)
    assert [choice.validate_python(code) for code in LANGUAGES] == list(LANGUAGES)
    for other in ("ca", "ES", "", None, 1):
        with pytest.raises(ValidationError, match="literal_error"):
            choice.validate_python(other)


def test_a_page_leads_through_all_languages() -> None:
    assert {language_after(code) for code in LANGUAGES} == set(LANGUAGES)
