"""By whose server and from which address an organization's messages leave."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.vault import Vault
from app.mail.ports import SmtpAccount
from app.organizations import queries
from app.organizations.models import MailSettings


@dataclass(frozen=True, slots=True)
class MailRoute:
    """How messages leave.

    Attributes:
        account: The organization's own server; None for the platform's relay.
        address: Of the sender, in the envelope and in the From header.
        sender_name: Beside it; None for whoever issued the document.
        reply_to: Where answers go; None for the organization's e-mail.
    """

    account: SmtpAccount | None
    address: str
    sender_name: str | None
    reply_to: str | None


async def route_of(
    tx: AsyncSession, organization_id: UUID, vault: Vault, *, platform_address: str
) -> MailRoute:
    """Read how an organization's messages leave now."""
    row = await queries.read_mail_settings(tx, organization_id)
    if row is None:
        return MailRoute(None, platform_address, None, None)
    account = account_of(row, vault)
    address = platform_address if row.from_address is None else row.from_address
    return MailRoute(account, address, row.sender_name, row.reply_to)


def account_of(row: MailSettings, vault: Vault) -> SmtpAccount | None:
    """Give the organization's own server, its password opened."""
    if row.smtp_host is None or row.smtp_port is None:
        return None
    sealed = row.smtp_password
    return SmtpAccount(
        host=row.smtp_host,
        port=row.smtp_port,
        security=row.smtp_security or "tls",
        username=row.smtp_username,
        password=None if sealed is None else vault.open(sealed, row.organization_id).decode(),
    )
