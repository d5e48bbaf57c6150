"""What a notice says, in one line of the organization's language (pure)."""

from app.kernel.wording import wording

QUOTED_MAX = 200
"""Characters of a client's words that a summary repeats; the rest is in the history."""


def summary_of(kind: str, language: str, **values: str | None) -> str:
    """Write the line of a notice.

    Args:
        kind: The event's kind, such as `document.rejected`.
        language: `es` or `en`.
        values: `contact`, `name`, `type` and `number` of the document and, as the kind
            has them, `comment` (may be None or empty), `address`, `state`, `reason`, `text`.

    Raises:
        KeyError: No notice is raised for that kind, or a value is missing.
    """
    texts = wording("notices", language)
    told = {name: value for name, value in values.items() if value}
    if "type" in told:
        told["document"] = wording("letters", language)(f"{told['type']}.the")
    told |= {name: quoted(told[name]) for name in ("comment", "text") if name in told}
    if (reason := f"reason.{told.get('reason')}") in texts:
        told["reason"] = texts(reason)
    keys = [f"{kind}.{told['state']}", kind] if "state" in told else [kind]
    detail = next((name for name in ("comment", "reason", "text") if name in told), "")
    candidates = [name for key in keys for name in (f"{key}.with_{detail}", key)]
    return texts(next((name for name in candidates if name in texts), kind), **told)


def quoted(text: str) -> str:
    """Put a person's words on one line, cut to what fits."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED_MAX else line[: QUOTED_MAX - 1].rstrip() + "…"
