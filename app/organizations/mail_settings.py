"""Verbs: set how messages leave, and try it with a message to oneself."""

from datetime import datetime
from ipaddress import ip_address

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import reach
from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings
from app.kernel.vault import Vault
from app.organizations.auditing import audit, difference
from app.organizations.mail_schemas import MailSettingsBody, SmtpBody
from app.organizations.models import MailSettings


async def replace(
    tx: AsyncSession,
    actor: Actor,
    row: MailSettings | None,
    body: MailSettingsBody,
    vault: Vault,
    *,
    at: datetime,
) -> MailSettings:
    """Set how messages leave; those already built keep their sender.

    Args:
        tx: A transaction of the request.
        actor: Who sets.
        row: Read for update; None before the first time.
        body: Everything; its server was looked at.
        vault: Seals the password.
        at: Now.

    Raises:
        Invalid: An address is wrong, or the password must be given again.
        Forbidden: The last sign-in is too old.
    """
    actor.require(Permission.SETTINGS_WRITE)
    actor.require_recent_sign_in()
    row = row or MailSettings(organization_id=actor.organization_id, version=0)
    findings = Findings()
    values = _checked(body, findings)
    smtp = body.smtp
    keeps_password = smtp is not None and "password" not in smtp.model_fields_set
    if keeps_password and row.smtp_password is not None and _leads_elsewhere(row, values):
        findings.add("/smtp/password", "smtp.password_again")
    findings.require_none()
    changes = dict(difference({name: getattr(row, name) for name in values}, values))
    if not keeps_password:
        sealed = _sealed(smtp, vault, actor)
        if sealed is not None or row.smtp_password is not None:
            changes["smtp_password"] = (None, None)
        values["smtp_password"] = sealed
    if not changes:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = at
    row.version += 1
    tx.add(row)
    await tx.flush()
    subject = ("mail_settings", actor.organization_id)
    await audit(tx, actor, "mail_settings.updated", *subject, changes, at=at)
    return row


def _checked(body: MailSettingsBody, findings: Findings) -> dict[str, object]:
    """Give the columns a body comes to, noting what is wrong."""
    reply_to = body.reply_to and findings.take("/reply_to", reach.email, body.reply_to)
    values: dict[str, object] = {"sender_name": body.sender_name, "reply_to": reply_to}
    smtp = body.smtp
    if smtp is None:
        return values | dict.fromkeys(
            ("smtp_host", "smtp_port", "smtp_security", "smtp_username", "from_address")
        )
    if smtp.security == "none" and not _is_this_machine(smtp.host):
        findings.add("/smtp/security", "smtp.clear_text")
    if smtp.username is None and smtp.password is not None:
        findings.add("/smtp/username", "missing")
    return values | {
        "smtp_host": smtp.host.lower(),
        "smtp_port": smtp.port,
        "smtp_security": smtp.security,
        "smtp_username": smtp.username,
        "from_address": findings.take("/smtp/from_address", reach.email, smtp.from_address),
    }


def _leads_elsewhere(row: MailSettings, values: dict[str, object]) -> bool:
    """Tell whether a password kept would be shown to another server, or for another user."""
    names = ("smtp_host", "smtp_port", "smtp_username")
    return any(getattr(row, name) != values[name] for name in names)


def _sealed(smtp: SmtpBody | None, vault: Vault, actor: Actor) -> bytes | None:
    if smtp is None or smtp.password is None:
        return None
    return vault.seal(smtp.password.encode(), actor.organization_id)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
