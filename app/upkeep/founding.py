"""The first organization: what an operator gives becomes rows, or nothing does."""

from dataclasses import dataclass
from uuid import UUID

from app.commercial import kinds
from app.container import Container
from app.documents import series
from app.kernel.actor import Actor, ActorKind, Permission
from app.organizations import service
from app.organizations.service import Founding


@dataclass(frozen=True, slots=True)
class Admin:
    """Who is let in first."""

    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made, once it is kept.

    Attributes:
        api_key: The whole key, shown once; None when none was asked for.
    """

    organization_id: UUID
    admin_email: str
    api_key: str | None


async def found(
    container: Container, founding: Founding, admin: Admin, *, with_key: bool
) -> Founded:
    """Found an organization with its admin, its number series and, if asked, an API key.

    Raises:
        Invalid: What the rules of an organization's data refuse, all at once.
    """
    at = container.clock.now()
    password_hash = await container.passwords.hash(admin.password)
    secret = None
    async with container.database.transaction() as tx:
        organization, user = await service.found_organization(
            tx,
            founding,
            admin_email=admin.email,
            admin_name=admin.name,
            password_hash=password_hash,
            at=at,
        )
        await series.create_defaults(tx, organization.id, at=at)
        await kinds.create_defaults(tx, organization, at=at)
        if with_key:
            every = frozenset(Permission)
            actor = Actor(ActorKind.USER, organization.id, user.id, user.name, every)
            _, secret = await service.create_api_key(
                tx,
                actor,
                name="First key",
                scopes=list(Permission),
                expires_at=None,
                pepper=container.secret_key,
                at=at,
            )
    return Founded(organization.id, user.email, secret)
