"""How text is folded so that a search forgives accents and case (pure)."""

import unicodedata


def fold(text: str) -> str:
    """Give text without accents or case, single-spaced: `Núñez  S.L.` → `nunez s.l.`."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def searchable(*parts: str | None) -> str:
    """Join what a search looks through, folded; parts that are not there are skipped."""
    return fold(" ".join(part for part in parts if part))
