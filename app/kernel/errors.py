"""Problems: what a caller is told when something cannot be done.

The domain knows these families; only `app/web/problems.py` knows status numbers.

    Problem
    ├── Malformed            the request cannot be read
    ├── Unauthenticated      who are you
    ├── Forbidden            not you
    ├── NotFound             absent, or another organization's
    ├── Gone                 the link has expired
    ├── Conflict             the present state forbids it
    ├── VersionConflict      somebody else was faster
    ├── PreconditionRequired If-Match is missing
    ├── Invalid              the content is wrong, field by field
    ├── TooMany              a limit was reached
    └── Unavailable          a partner, or we, cannot answer now
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one field.

    Attributes:
        pointer: JSON pointer into the body, or a parameter's name.
        code: Machine word, such as `tax_id.checksum`; its text is in the catalogue.
        place: `body`, `query`, `path` or `header`.
        params: Values the text needs.
    """

    pointer: str
    code: str
    place: str = "body"
    params: Mapping[str, JsonValue] = field(default_factory=dict)


class Problem(Exception):
    """Something the caller can be told; `code` is from the published list."""

    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        *,
        code: str | None = None,
        reason: str | None = None,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, JsonValue] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(reason or code or self.code)
        self.problem_code = code or self.code
        self.reason = reason
        self.faults = tuple(faults)
        self.extra = dict(extra or {})
        self.retry_after_s = retry_after_s


class Malformed(Problem):
    """The request cannot be read."""

    code = "malformed_request"


class Unauthenticated(Problem):
    """Credentials are missing, wrong or expired."""

    code = "authentication_required"


class Forbidden(Problem):
    """The credentials do not allow this."""

    code = "scope_missing"


class NotFound(Problem):
    """There is no such thing here."""

    code = "not_found"


class Gone(Problem):
    """The link has expired."""

    code = "link_expired"


class Conflict(Problem):
    """The present state forbids it."""

    code = "state_conflict"


class VersionConflict(Problem):
    """The resource changed since it was read."""

    code = "version_conflict"


class PreconditionRequired(Problem):
    """If-Match is required."""

    code = "precondition_required"


class Invalid(Problem):
    """The content is not valid."""

    code = "validation_failed"


class TooMany(Problem):
    """A limit was reached."""

    code = "rate_limited"


class Unavailable(Problem):
    """The service cannot answer now."""

    code = "unavailable"
