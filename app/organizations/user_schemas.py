"""What goes in and out about an organization's people, and who is invited."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.organizations.member_queries import Member
from app.organizations.models import AccessRole, Invitation
from app.organizations.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from app.organizations.schemas import Address, Email, Password
from app.organizations.settings_schemas import TimeZone
from app.web.schemas import Body, Instant, Line, PageQuery, View, unset

PersonName = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
Team = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
NewPassword = Annotated[
    str, StringConstraints(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)
]
Token = Annotated[str, StringConstraints(min_length=20, max_length=100)]
EXAMPLE_TOKEN = "q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"  # noqa: S105 - of nothing


class AccessRoleName(View):
    """An access role, by name."""

    id: UUID
    name: str = Field(examples=["Comercial"])

    @classmethod
    def of(cls, role: AccessRole) -> "AccessRoleName":
        """From the row."""
        return cls.model_validate(role)


class MemberView(View):
    """One of the organization's people."""

    id: UUID
    email: str = Field(examples=["marta@taller.example"])
    name: str = Field(description="As this organization calls them.", examples=["Marta Ejemplo"])
    team: str | None = Field(examples=["Palma"])
    time_zone: str | None = Field(
        description="Where they work; null for where the organization is.",
        examples=["Atlantic/Canary"],
    )
    access_role: AccessRoleName
    status: Literal["active", "inactive"]
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """From the rows."""
        membership, user = member.membership, member.user
        return cls(
            id=user.id,
            email=user.email,
            name=membership.name,
            team=membership.team,
            time_zone=membership.time_zone,
            access_role=AccessRoleName.of(member.role),
            status=membership.status,
            created_at=membership.created_at,
            version=membership.version,
        )


class UserQuery(PageQuery):
    """Filters of the organization's people."""

    status: Literal["active", "inactive"] | None = Field(None, description="Only these.")


class UserChanges(Body):
    """What to change of one of the organization's people; what is left out stays."""

    name: PersonName = unset()
    team: Team | None = Field(None, description="Null for none.", examples=["Palma"])
    time_zone: TimeZone | None = Field(
        None,
        description="Where they work; null for where the organization is.",
        examples=["Atlantic/Canary"],
    )
    access_role_id: UUID = unset()
    status: Literal["active", "inactive"] = unset()


class InvitationCreate(Body):
    """A place in the organization for whoever reads mail at an address."""

    email: Email = Field(examples=["marta@taller.example"])
    name: PersonName = Field(examples=["Marta Ejemplo"])
    access_role_id: UUID
    team: Team | None = Field(None, examples=["Palma"])


class InvitationView(View):
    """An invitation; its link is in the mail alone."""

    id: UUID
    email: str = Field(examples=["marta@taller.example"])
    name: str = Field(examples=["Marta Ejemplo"])
    team: str | None = Field(examples=["Palma"])
    access_role: AccessRoleName | None = Field(description="Null once the role is gone.")
    status: Literal["pending", "accepted", "revoked", "expired"]
    mail_state: Literal["queued", "sent", "failed"] = Field(
        description="`sent` once the relay accepted the message."
    )
    invited_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    expires_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])

    @classmethod
    def of(
        cls, invitation: Invitation, role: AccessRole | None, *, at: Instant
    ) -> "InvitationView":
        """From the rows, as things stand at an instant."""
        return cls(
            id=invitation.id,
            email=invitation.email,
            name=invitation.name,
            team=invitation.team,
            access_role=AccessRoleName.of(role) if role else None,
            status=invitation.status_at(at),
            mail_state=_mail_state(invitation),
            invited_by_name=invitation.invited_by_name,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            version=invitation.version,
        )


class InvitationQuery(PageQuery):
    """Invitations have no filters yet."""


class InvitationAccept(Body):
    """The password to sign in with: a new one, or that of the account there is."""

    password: NewPassword = Field(examples=["una frase larga y propia"])
    name: PersonName | None = Field(
        None, description="How you call yourself; as invited when left out."
    )


class InvitationAcceptedView(View):
    """Where the user belongs now; sign in with this address."""

    organization_id: UUID
    organization_name: str = Field(examples=["Taller Náutico Ejemplo"])
    email: str = Field(examples=["marta@taller.example"])


class PasswordResetRequest(Body):
    """Whose password was forgotten."""

    email: Address = Field(examples=["marta@taller.example"])


class PasswordReset(Body):
    """The token of the mail and a new password."""

    token: Token = Field(examples=[EXAMPLE_TOKEN])
    password: NewPassword = Field(examples=["una frase larga y propia"])


class PasswordChange(Body):
    """The password there is, and the one to come."""

    current_password: Password = Field(examples=["una frase larga y propia"])
    new_password: NewPassword = Field(examples=["otra frase, también larga"])


def _mail_state(invitation: Invitation) -> Literal["queued", "sent", "failed"]:
    if invitation.sent_at is not None:
        return "sent"
    return "failed" if invitation.mail_failure is not None else "queued"
