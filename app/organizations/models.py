"""Organizations, and the routing tables read before an organization is known."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.actor import Permission
from app.kernel.database import Base
from app.kernel.languages import is_tag
from app.organizations.roles import Template


class Letterhead:
    """Who issues: the legal data and the looks that a document prints."""

    name: Mapped[str]
    """The name clients know it by (trade name)."""
    legal_name: Mapped[str]
    tax_id: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    province: Mapped[str]
    country: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    mercantile_registry: Mapped[str | None]
    iban: Mapped[str | None]
    footer: Mapped[str]
    """The house's own line at the foot of every page; may be empty."""
    accent_color: Mapped[str]
    logo_sha256: Mapped[str | None]


class Organization(Letterhead, Base):
    """A company that uses the product: its own letterhead and its defaults."""

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint("accent_color ~ '^#[0-9a-f]{6}$'", name="accent_color"),
        CheckConstraint(is_tag("default_language"), name="default_language"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    default_language: Mapped[str]
    default_tax_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    quote_validity_days: Mapped[int]
    payment_terms_days: Mapped[int]
    simplified_activity: Mapped[bool]
    """Its activity is one of ROF art. 4.2: simplified invoices up to 3,000 €, not 400."""
    payments_enabled: Mapped[bool]
    """Set by payments alone, so that documents and pages need not look up."""
    created_at: Mapped[datetime]
    version: Mapped[int]


class IssuerProfile(Letterhead, Base):
    """Another letterhead of the organization, which number series may issue under."""

    __tablename__ = "issuer_profiles"
    __table_args__ = (
        CheckConstraint("accent_color ~ '^#[0-9a-f]{6}$'", name="accent_color"),
        CheckConstraint("status in ('active', 'archived')", name="status"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[str]
    """What staff call it."""
    status: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int]


class MailSettings(Base):
    """How an organization's messages leave: under which names, by whose server."""

    __tablename__ = "mail_settings"
    __table_args__ = (
        CheckConstraint("smtp_security in ('tls', 'starttls', 'none')", name="smtp_security"),
        CheckConstraint(
            "num_nulls(smtp_host, smtp_port, smtp_security, from_address) in (0, 4)",
            name="smtp_whole",
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    sender_name: Mapped[str | None]
    reply_to: Mapped[str | None]
    smtp_host: Mapped[str | None]
    """None while messages go through the platform's relay."""
    smtp_port: Mapped[int | None]
    smtp_security: Mapped[Literal["tls", "starttls", "none"] | None] = mapped_column(Text())
    smtp_username: Mapped[str | None]
    smtp_password: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed."""
    from_address: Mapped[str | None]
    """The sender's address at the organization's own server."""
    updated_at: Mapped[datetime]
    version: Mapped[int]


class Logo(Base):
    """A logo as prepared for printing; kept for ever, since documents name it."""

    __tablename__ = "logos"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class User(Base):
    """A person who can sign in; may belong to several organizations."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]


class AccessRole(Base):
    """What those who hold it may do, and whose rows they see."""

    __tablename__ = "access_roles"
    __table_args__ = (
        CheckConstraint(
            "template in ('admin', 'manager', 'administrative', 'salesperson', 'viewer')",
            name="template",
        ),
        CheckConstraint("visibility in ('own', 'team', 'all')", name="visibility"),
        UniqueConstraint("organization_id", "name"),
        UniqueConstraint("organization_id", "template"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    template: Mapped[str | None]
    """Which of the five an organization begins with it was; None for its own."""
    permissions: Mapped[list[str]]
    visibility: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int]

    @property
    def grants(self) -> frozenset[Permission]:
        """What it lets its holders do; admins may do whatever there is."""
        if self.template == Template.ADMIN:
            return frozenset(Permission)
        return frozenset(Permission(one) for one in self.permissions)


class Membership(Base):
    """A user's place in an organization: their name there, access role and team."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("status in ('active', 'inactive')", name="status"),
        UniqueConstraint("organization_id", "user_id"),
        ForeignKeyConstraint(
            ["organization_id", "access_role_id"],
            ["access_roles.organization_id", "access_roles.id"],
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    name: Mapped[str]
    """As the organization calls them; each may call the same person otherwise."""
    access_role_id: Mapped[UUID]
    team: Mapped[str | None]
    time_zone: Mapped[str | None]
    """Where they work; None for where the organization is."""
    status: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int]


class Invitation(Base):
    """A place in the organization offered to an e-mail address."""

    __tablename__ = "invitations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "access_role_id"],
            ["access_roles.organization_id", "access_roles.id"],
            ondelete="SET NULL (access_role_id)",
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    team: Mapped[str | None]
    access_role_id: Mapped[UUID | None]
    """None once the role was deleted, which no open invitation allows."""
    invited_by_name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    mail_failure: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int]

    def status_at(self, at: datetime) -> str:
        """Tell how it stands: `accepted`, `revoked`, `expired` or `pending`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else "pending"


class MailedToken(Base):
    """From the hash of a mailed secret to what it opens; one per purpose and subject."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (
        CheckConstraint("purpose in ('invitation', 'password_reset')", name="purpose"),
        UniqueConstraint("purpose", "subject_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    """The invitation, or the user."""
    expires_at: Mapped[datetime]


class Session(Base):
    """One sign-in; its tokens come and go, reuse of an old one ends it."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    """When the user last proved who they are; refreshing tokens proves nothing."""
    revoked_at: Mapped[datetime | None]


class SessionToken(Base):
    """A secret of a session, by its hash: `access`, `refresh` or `cookie`."""

    __tablename__ = "session_tokens"
    __table_args__ = (Index("ix_session_tokens_session_id", "session_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    kind: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """An integration's key, by its keyed hash; shown once."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_organization_id", "organization_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    prefix: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[list[str]]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    @property
    def version(self) -> int:
        """1 while the key works, 2 once it is revoked: nothing else changes."""
        return 1 if self.revoked_at is None else 2


class AllowedOrigin(Base):
    """A front end an organization lets read its answers (CORS)."""

    __tablename__ = "allowed_origins"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(primary_key=True)


class AuditEntry(Base):
    """One administrative change; never updated but for its place in the hash chain."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("organization_id", "position"),
        Index("ix_audit_entries_subject", "organization_id", "subject_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    changes: Mapped[JsonValue] = mapped_column(nullable=False)
    request_id: Mapped[str | None]
    position: Mapped[int | None]
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class SecondFactor(Base):
    """A user's authenticator; it counts once confirmed, each of its codes once."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """An unused recovery code, by its hash; used, it is deleted."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class SignInMeter(Base):
    """Failed attempts to sign in; loss in a crash is harmless."""

    __tablename__ = "sign_in_meters"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own form

    name: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    free_at: Mapped[datetime]


class KnownSource(Base):
    """Whence a user signed in, by a keyed hash."""

    __tablename__ = "known_sources"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    source: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[datetime]
