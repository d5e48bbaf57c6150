"""What a notice says, in one line."""

import pytest

from app.kernel.wording import wording
from app.notices.summaries import QUOTED_MAX, quoted, summary_of

ABOUT = {"contact": "Velero Ficticio, S.L.", "type": "quote", "number": "P-260001"}


@pytest.mark.parametrize(
    ("kind", "language", "values", "summary"),
    [
        (
            "document.rejected", "es", {"name": "Ana", "comment": "Demasiado\ncaro"},
            "Velero Ficticio, S.L.: Ana ha rechazado el presupuesto P-260001: «Demasiado caro»",
        ),
        (
            "document.rejected", "en", {"name": "Ana", "comment": None},
            "Velero Ficticio, S.L.: Ana has declined the quote P-260001.",
        ),
        (
            "document.decision_withdrawn", "es", {"name": "Ana", "comment": ""},
            "Velero Ficticio, S.L.: Ana ha retirado su respuesta sobre el presupuesto P-260001.",
        ),
        (
            "dispatch.recipient_state_changed", "es",
            {"address": "a@v.example", "state": "bounced", "reason": "550 no existe"},
            (
                "Velero Ficticio, S.L.: el mensaje a a@v.example con el presupuesto P-260001 "
                "ha sido devuelto (550 no existe)."
            ),
        ),
        (
            "dispatch.recipient_state_changed", "en",
            {"address": "a@v.example", "state": "held", "reason": "?"},
            (
                "Velero Ficticio, S.L.: the message to a@v.example with the quote P-260001 "
                "needs attention."
            ),
        ),
    ],
)  # fmt: skip
def test_a_summary_tells_who_did_what(
    kind: str, language: str, values: dict[str, str | None], summary: str
) -> None:
    assert summary_of(kind, language, **ABOUT, **values) == summary


def test_a_kind_without_a_text_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        summary_of("document.issued", "es", **ABOUT)


def test_braces_in_a_client_s_words_are_only_words() -> None:
    summary = summary_of(
        "document.commented", "es", **ABOUT, name="{number}", comment="{0} {contact.__class__}"
    )
    assert "{number} ha comentado" in summary
    assert "«{0} {contact.__class__}»" in summary


def test_long_words_are_cut() -> None:
    assert quoted("x" * QUOTED_MAX) == "x" * QUOTED_MAX
    assert quoted("x" * (QUOTED_MAX + 1)) == "x" * (QUOTED_MAX - 1) + "…"


def test_both_languages_have_the_same_texts() -> None:
    assert set(wording("notices", "es").texts) == set(wording("notices", "en").texts)
