"""The access roles an organization begins with (pure)."""

from collections.abc import Mapping
from enum import StrEnum

from app.kernel.actor import Permission, Visibility


class Template(StrEnum):
    """The five roles; an organization changes all but the first, and adds its own."""

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

PERMISSIONS: Mapping[Template, frozenset[Permission]] = {
    Template.ADMIN: frozenset(Permission),
    Template.MANAGER: _OFFICE
    | {
        Permission.PAYMENTS_REFUND,
        Permission.PAYMENTS_MANAGE,
        Permission.SETTINGS_READ,
        Permission.USERS_READ,
    },
    Template.ADMINISTRATIVE: _OFFICE,
    Template.SALESPERSON: _SALES,
    Template.VIEWER: _READ,
}

VISIBILITY: Mapping[Template, Visibility] = {
    Template.ADMIN: Visibility.ALL,
    Template.MANAGER: Visibility.ALL,
    Template.ADMINISTRATIVE: Visibility.ALL,
    Template.SALESPERSON: Visibility.OWN,
    Template.VIEWER: Visibility.ALL,
}
