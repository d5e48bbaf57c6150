"""The words an organization writes once for many letters: Liquid, kept small (pure).

A template reads a tree of texts and prints text; it reaches no object, no file and no
other template. Tags and filters are an allow-list: what is left out could multiply a
text by itself (`replace`, `split`) or count without end, and no thread can be stopped
from outside, so the limits are the guard.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from typing_extensions import override

Values: TypeAlias = Mapping[str, "str | Values | Sequence[Values] | None"]
"""What a template may read: texts by name, None for what a document lacks, and lists."""

_TAGS = frozenset({
    "assign", "break", "capture", "case", "comment", "continue", "for", "if", "unless",
    "content", "output", "illegal",
})  # fmt: skip
"""The last three are how the library reads text between tags, values, and what is neither."""

_FILTERS = frozenset({
    "append", "capitalize", "default", "downcase", "lstrip", "prepend", "rstrip", "size",
    "strip", "truncate", "truncatewords", "upcase",
})  # fmt: skip


class TemplateError(ValueError):
    """A template cannot be read or filled in.

    Attributes:
        code: `template.syntax`, `template.unknown_name`, `template.unknown_filter`,
            `template.limit` or `template.empty`.
        line: From 1; where the trouble is.
        name: What is unknown; empty when that is not the trouble.
    """

    def __init__(self, code: str, line: int = 1, name: str = "") -> None:
        super().__init__(f"{code} in line {line} {name}")
        self.code = code
        self.line = line
        self.name = name


class _Small(Environment):
    """Liquid without what is not needed for a letter."""

    block_nesting_limit = 10
    context_depth_limit = 10
    loop_iteration_limit = 100
    local_namespace_limit = 20_000
    output_stream_limit = 20_000

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in _TAGS}
        self.filters = {name: one for name, one in self.filters.items() if name in _FILTERS}


_LIQUID = _Small(undefined=StrictUndefined)


def check(source: str, values: Values) -> None:
    """Make sure a template can be filled in, with all it names and whichever way it branches.

    Raises:
        TemplateError: It cannot.
    """
    for fault in _unknown(source, values):
        raise fault
    if not render(source, values).strip():
        raise TemplateError("template.empty")


def render(source: str, values: Values) -> str:
    """Fill a template in.

    Raises:
        TemplateError: It cannot be read, names what is not there, or goes on too long.
    """
    with _told_of(source):
        return _LIQUID.from_string(source).render(**values)


@contextmanager
def _told_of(source: str) -> Iterator[None]:
    """Say in our words, and with its line, what the library refuses."""
    try:
        yield
    except UndefinedError as error:
        raise TemplateError("template.unknown_name", _line_of(error, source)) from None
    except ResourceLimitError as error:
        raise TemplateError("template.limit", _line_of(error, source)) from None
    except LiquidError as error:
        raise TemplateError("template.syntax", _line_of(error, source)) from None
    except RecursionError:
        raise TemplateError("template.limit") from None


def _unknown(source: str, values: Values) -> Iterator[TemplateError]:
    with _told_of(source):
        found = _LIQUID.from_string(source).analyze(include_partials=False)
    for name, spans in found.filters.items():
        if name not in _FILTERS:
            yield TemplateError("template.unknown_filter", _line_at(source, spans[0].index), name)
    for uses in found.globals.values():
        for use in uses:
            if not _is_there(use.segments, values):
                line = _line_at(source, use.span.index)
                yield TemplateError("template.unknown_name", line, str(use))


def _is_there(path: Sequence[object], values: Values) -> bool:
    """Tell whether a path leads to a text or a list."""
    found: object = values
    for step in path:
        if not isinstance(found, Mapping) or not isinstance(step, str) or step not in found:
            return False
        found = found[step]
    return not isinstance(found, Mapping)


def _line_of(error: LiquidError, source: str) -> int:
    return 1 if error.token is None else _line_at(source, error.token.start_index)


def _line_at(source: str, index: int) -> int:
    """Give the line of a place; of the end, which is how the library calls what never came."""
    return source.count("\n", 0, index if index >= 0 else len(source)) + 1
