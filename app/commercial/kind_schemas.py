"""What goes in and out about the kinds of action."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.commercial.schemas import KindCode
from app.web.schemas import Body, Instant, Line, PageQuery, View, unset

KindName = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
Color = Annotated[
    Line,
    StringConstraints(to_lower=True, pattern=r"^#[0-9A-Fa-f]{6}$"),
    Field(examples=["#0f5a78"]),
]
Status = Literal["active", "archived"]


class KindCreate(Body):
    """A kind of action."""

    code: KindCode = Field(description="What actions name it by; it stays.", examples=["sea_trial"])
    name: KindName = Field(examples=["Prueba de mar"])
    color: Color = Field("#0f5a78", examples=["#0f5a78"])


class KindChanges(Body):
    """Changes; what is left out is left alone. An archived kind is for no new actions."""

    name: KindName = unset()
    color: Color = unset()
    status: Status = unset()


class KindView(View):
    """A kind of action."""

    id: UUID
    code: str = Field(examples=["call"])
    name: str = Field(examples=["Llamada"])
    color: str = Field(examples=["#0f5a78"])
    status: Status
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])


class KindQuery(PageQuery):
    """Filters of the kinds of action."""

    status: Status = Field("active", description="`archived` for those put away.")
