"""Who acts, for which organization, with which permissions."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.kernel.errors import Forbidden


class Permission(StrEnum):
    """What a route may require; the scopes of API keys are the same words."""

    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    DOCUMENTS_SEND = "documents:send"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_CREATE = "payments:create"
    PAYMENTS_REFUND = "payments:refund"
    PAYMENTS_MANAGE = "payments:manage"
    COMMERCIAL_READ = "commercial:read"
    COMMERCIAL_WRITE = "commercial:write"
    HISTORY_READ = "history:read"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    PRIVACY_ADMIN = "privacy:admin"


class Visibility(StrEnum):
    """Whose contacts and documents a user sees."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"


class ActorKind(StrEnum):
    """The kinds of author an event can have."""

    USER = "user"
    CLIENT = "client"
    SYSTEM = "system"
    INTEGRATION = "integration"
    PAYMENT_PARTNER = "payment_partner"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts; passed to every verb, never ambient.

    Attributes:
        id: The user, API key or recipient; None for the system.
        name: As history shows it.
        principal: Stable text that owns idempotency keys and rate limits.
        visibility: Whose rows they see; integrations and the system see all.
        team: A user's team, for the visibility of that name.
        is_fresh: Whether a user proved moments ago who they are; an API key never does.
    """

    kind: ActorKind
    organization_id: UUID
    id: UUID | None
    name: str
    permissions: frozenset[Permission] = frozenset()
    visibility: Visibility = Visibility.ALL
    team: str | None = None
    is_fresh: bool = False

    @property
    def principal(self) -> str:
        """Name the actor stably, for idempotency keys and rate limits."""
        return f"{self.kind}:{self.id}"

    def require(self, permission: Permission) -> None:
        """Raise unless the actor holds the permission.

        Raises:
            Forbidden: The permission is missing.
        """
        if permission not in self.permissions:
            raise Forbidden(reason="permission_missing", extra={"permission": permission.value})

    def require_recent_sign_in(self) -> None:
        """Raise unless a user proved moments ago who they are.

        Routes with an id in their path ask after the look-up, so that what is another
        organization's is absent whoever asks.

        Raises:
            Forbidden: The last proof is too old, or an integration acts.
        """
        if not self.is_fresh:
            raise Forbidden(reason="recent_sign_in_required")


def system(organization_id: UUID) -> Actor:
    """Give the actor of what happens by itself."""
    return Actor(ActorKind.SYSTEM, organization_id, None, "Conforme")
