"""The catalogues of all languages say the same things."""

import pytest

from app.kernel.wording import LOCALES, wording

DOMAINS = sorted(path.stem for path in (LOCALES / "es").glob("*.po"))


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_language_has_the_same_keys(domain: str) -> None:
    spanish, english = wording(domain, "es").texts, wording(domain, "en").texts
    assert set(spanish) == set(english)


def test_every_domain_has_every_language() -> None:
    for language in LOCALES.iterdir():
        assert sorted(path.stem for path in language.glob("*.po")) == DOMAINS, language.name
