"""What goes in and out about organizations, sessions and keys."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.kernel import reach
from app.kernel.actor import Permission
from app.kernel.findings import Refused
from app.organizations.models import ApiKey
from app.organizations.totp_schemas import Code
from app.web.schemas import Body, Instant, Line, NearInstant, PageQuery, View

Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _address(value: str) -> str:
    """Normalize an address that mail will be sent to; accounts know no capitals."""
    try:
        return reach.email(value).lower()
    except Refused:
        raise PydanticCustomError("email.format", "Expected an e-mail address.") from None


Address = Annotated[Line, StringConstraints(min_length=3, max_length=254)]
"""What somebody claims to be their address."""

Email = Annotated[
    Line,
    StringConstraints(min_length=3, max_length=254),
    AfterValidator(_address),
    Field(json_schema_extra={"format": "email"}),
]
"""An address that mail will be sent to."""


_CODE_TOLD = "Of your authenticator, or a recovery code; where a second factor is on."


class LogIn(Body):
    """An address and a password, and a code where a second factor is on."""

    email: Address = Field(examples=["oficina@tallernautico.example"])
    password: Password = Field(examples=["una frase larga y propia"])
    totp_code: Code | None = Field(None, description=_CODE_TOLD)


class Refresh(Body):
    """A refresh token, used once."""

    refresh_token: Annotated[str, StringConstraints(min_length=20, max_length=200)] = Field(
        examples=["q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"]
    )


class TokensView(View):
    """Tokens of a session; keep them secret."""

    access_token: str = Field(examples=["pB3c0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"])
    token_type: str = Field(examples=["bearer"])
    expires_in: int = Field(description="Seconds the access token lives.", examples=[600])
    refresh_token: str = Field(examples=["q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"])


class StepUp(Body):
    """The password, once more."""

    password: Password = Field(examples=["una frase larga y propia"])
    totp_code: Code | None = Field(None, description=_CODE_TOLD)


class StepUpView(View):
    """How long sensitive changes are open to this session."""

    recent_until: Instant


class MembershipView(View):
    """One organization a user belongs to."""

    organization_id: UUID
    organization_name: str = Field(examples=["Taller Náutico Ejemplo"])
    role: str = Field(
        description="The template the access role was made from, or `custom`.", examples=["admin"]
    )
    access_role_id: UUID
    access_role_name: str = Field(examples=["Administración del sistema"])
    visibility: str = Field(
        description="Whose contacts and documents are seen: `own`, `team` or `all`.",
        examples=["all"],
    )
    team: str | None


class UserView(View):
    """The user signed in."""

    id: UUID
    email: str = Field(examples=["oficina@tallernautico.example"])
    name: str = Field(examples=["Joan Muestra"])


class MeView(View):
    """Who is signed in, where, and what they may do there."""

    user: UserView | None = Field(description="Null for an API key.")
    organization_id: UUID
    memberships: list[MembershipView]
    permissions: list[str] = Field(examples=[["contacts:read", "contacts:write"]])


class ApiKeyCreate(Body):
    """A new key for an integration."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=120)] = Field(
        examples=["Web de reservas"]
    )
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=30)] = Field(
        examples=[["contacts:read", "documents:read"]]
    )
    expires_at: NearInstant | None = Field(None, examples=["2027-12-31T23:00:00Z"])


class ApiKeyView(View):
    """A key; its secret is shown once, when it is made."""

    id: UUID
    name: str = Field(examples=["Web de reservas"])
    prefix: str = Field(examples=["conforme_live_k3Jw0aZq"])
    scopes: list[str] = Field(examples=[["contacts:read", "documents:read"]])
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None
    version: int = Field(description="What If-Match takes.", examples=[1])


class NewApiKeyView(ApiKeyView):
    """A key just made; null as the secret in a repeated reply."""

    secret: str | None = Field(
        examples=["conforme_live_k3Jw0aZq_8Jd0aZqk3Jw0aZqk3Jw0aZqk3Jw0aZqk3Jw0aZq1b2C3d4"]
    )

    @classmethod
    def of(cls, key: ApiKey, secret: str | None) -> "NewApiKeyView":
        """From the row and the secret."""
        return cls(**ApiKeyView.model_validate(key).model_dump(), secret=secret)


class ApiKeyQuery(PageQuery):
    """API keys have no filters yet."""
