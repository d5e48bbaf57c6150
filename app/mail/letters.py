"""The house look of a letter: one template, as text and as HTML (pure)."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_COLUMNS = 72
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "letters"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render(parts: Mapping[str, object]) -> tuple[str, str]:
    """Give a letter as text and as HTML; what the parts hold is never read as markup."""
    return (
        _TEMPLATES.get_template("document.txt").render(parts),
        _TEMPLATES.get_template("document.html").render(parts),
    )


def _wrap(text: str) -> str:
    """Fold each line to the columns of plain mail; what has no spaces stays whole."""
    return "\n".join(
        fill(line, _COLUMNS, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


_TEMPLATES.filters["wrap"] = _wrap
