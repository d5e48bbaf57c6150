"""Nobody gives, takes or changes more than they hold themselves (pure)."""

from app.kernel.actor import Actor, Visibility
from app.kernel.errors import Forbidden
from app.organizations.models import AccessRole

_WIDTH = (Visibility.OWN, Visibility.TEAM, Visibility.ALL)


def require_reach(actor: Actor, role: AccessRole) -> None:
    """Refuse an actor who does not hold everything a role grants.

    Raises:
        Forbidden: A permission of the role, or the width of its view, goes beyond theirs.
    """
    for permission in sorted(role.grants):
        actor.require(permission)
    if _WIDTH.index(Visibility(role.visibility)) > _WIDTH.index(actor.visibility):
        raise Forbidden(reason="permission_missing", extra={"permission": role.visibility})
