"""What goes in and out about access roles."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kernel.actor import Permission, Visibility
from app.organizations.models import AccessRole
from app.web.schemas import Body, Instant, Line, PageQuery, View, unset

RoleName = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
Permissions = Annotated[list[Permission], Field(max_length=50)]


class AccessRoleCreate(Body):
    """A role of the organization's own: what it grants, and whose rows its holders see."""

    name: RoleName = Field(examples=["Taller"])
    permissions: Permissions = Field(examples=[["contacts:read", "documents:read"]])
    visibility: Visibility = Field(
        description="`own`: contacts whose salesperson one is, and documents by oneself or of"
        " such contacts; `team`: the same of everyone with one's team; `all`.",
        examples=["own"],
    )


class AccessRoleChanges(Body):
    """What to change of a role; what is left out stays."""

    name: RoleName = unset()
    permissions: Permissions = unset()
    visibility: Visibility = unset()


class AccessRoleView(View):
    """A role, and how many hold it."""

    id: UUID
    name: str = Field(examples=["Comercial"])
    template: str | None = Field(
        description="Which of the roles an organization begins with it is; null for its own.",
        examples=["salesperson"],
    )
    permissions: list[Permission]
    visibility: Visibility
    holder_count: int = Field(description="People who hold it, active or not.", examples=[2])
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])

    @classmethod
    def of(cls, role: AccessRole, holder_count: int) -> "AccessRoleView":
        """From the row."""
        return cls(
            id=role.id,
            name=role.name,
            template=role.template,
            permissions=sorted(role.grants),
            visibility=Visibility(role.visibility),
            holder_count=holder_count,
            created_at=role.created_at,
            version=role.version,
        )


class AccessRoleQuery(PageQuery):
    """Access roles have no filters."""
