"""What each access role may do (pure)."""

from collections.abc import Mapping
from enum import StrEnum

from app.kernel.actor import Permission


class AccessRole(StrEnum):
    """The templates of the contract; roles an organization makes itself come later."""

    ADMIN = "admin"
    MANAGER = "manager"
    ADMINISTRATIVE = "administrative"
    SALESPERSON = "salesperson"
    VIEWER = "viewer"


_READ = frozenset(
    {
        Permission.CONTACTS_READ,
        Permission.DOCUMENTS_READ,
        Permission.PAYMENTS_READ,
        Permission.COMMERCIAL_READ,
        Permission.HISTORY_READ,
    }
)
_SALES = _READ | {
    Permission.CONTACTS_WRITE,
    Permission.DOCUMENTS_WRITE,
    Permission.DOCUMENTS_SEND,
    Permission.COMMERCIAL_WRITE,
}
_OFFICE = _SALES | {Permission.PAYMENTS_CREATE}

PERMISSIONS: Mapping[AccessRole, frozenset[Permission]] = {
    AccessRole.ADMIN: frozenset(Permission),
    AccessRole.MANAGER: _OFFICE
    | {
        Permission.PAYMENTS_REFUND,
        Permission.PAYMENTS_MANAGE,
        Permission.SETTINGS_READ,
        Permission.USERS_READ,
    },
    AccessRole.ADMINISTRATIVE: _OFFICE,
    AccessRole.SALESPERSON: _SALES,
    AccessRole.VIEWER: _READ,
}
