"""What a client wrote into a form, cleaned and checked (pure)."""

import unicodedata

from app.kernel.errors import Fault, Invalid
from app.kernel.text import seen

NAME_LENGTH_MAX = 120
COMMENT_LENGTH_MAX = 2000


def clean_line(text: str) -> str:
    """Put text on one line, without control characters, as it is seen."""
    return " ".join(seen(_printable(text)).split())


def clean_text(text: str) -> str:
    """Trim text of several lines, without control characters; lines end with a newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return seen("\n".join(_printable(line).rstrip() for line in lines))


def check_answer(name: str, comment: str, *, is_ticked: bool) -> None:
    """Check what accepting or rejecting needs.

    Raises:
        Invalid: Everything that is missing or too long.
    """
    faults = _name_faults(name)
    if not is_ticked:
        faults.append(Fault("/statement_accepted", "statement.required"))
    _refuse([*faults, *_length_faults("/comment", comment)])


def check_comment(name: str, body: str) -> None:
    """Check a comment in the thread.

    Raises:
        Invalid: Everything that is missing or too long.
    """
    faults = _name_faults(name)
    if not body:
        faults.append(Fault("/body", "comment.required"))
    _refuse([*faults, *_length_faults("/body", body)])


def _name_faults(name: str) -> list[Fault]:
    if not name:
        return [Fault("/name", "name.required")]
    if len(name) > NAME_LENGTH_MAX:
        return [Fault("/name", "name.too_long", params={"max_length": NAME_LENGTH_MAX})]
    return []


def _length_faults(pointer: str, text: str) -> list[Fault]:
    excess = len(text) - COMMENT_LENGTH_MAX
    if excess <= 0:
        return []
    params = {"max_length": COMMENT_LENGTH_MAX, "excess": excess}
    return [Fault(pointer, "comment.too_long", params=params)]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Invalid(faults=faults)


def _printable(text: str) -> str:
    plain = text.replace("\t", " ")
    return "".join(char for char in plain if unicodedata.category(char) not in {"Cc", "Cs"})
