"""Who may do what, and who changed it: access roles, invitations, the audit.

Revision: 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

_READ = "contacts:read documents:read payments:read commercial:read history:read"
_SALES = _READ + " contacts:write documents:write documents:send commercial:write"
_OFFICE = _SALES + " payments:create"
_MANAGER = _OFFICE + " payments:refund payments:manage settings:read users:read"
_ADMIN = _MANAGER + " settings:write users:write webhooks:manage privacy:admin"

TEMPLATES = {
    "admin": ("Administración del sistema", "Administrator", _ADMIN, "all"),
    "manager": ("Gerencia", "Manager", _MANAGER, "all"),
    "administrative": ("Administrativo", "Office", _OFFICE, "all"),
    "salesperson": ("Comercial", "Salesperson", _SALES, "own"),
    "viewer": ("Consulta", "Viewer", _READ, "all"),
}
"""Name in Spanish and English, permissions, visibility."""

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    op.execute("set local role conforme_owner")
    _keep_audit()
    _remember_sign_ins()
    _make_access_roles()
    _give_members_roles()
    _make_invitations()
    _guard_sign_ins()
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("who changed what is evidence")


def _isolate(table: str) -> None:
    condition = f"organization_id = {CURRENT}"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy tenant on {table} using ({condition}) with check ({condition})")


def _keep_audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_audit_entries_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint(
            "organization_id", "position", name=op.f("uq_audit_entries_organization_id_position")
        ),
    )
    op.create_index(
        "ix_audit_entries_subject", "audit_entries", ["organization_id", "subject_id", "id"]
    )
    _isolate("audit_entries")
    op.execute("grant select, insert on audit_entries to conforme_api, conforme_worker")
    op.execute("grant update (position, previous_hash, hash) on audit_entries to conforme_worker")
    op.execute(
        "create trigger append_only before update or delete on audit_entries "
        "for each row execute function keep_fact()"
    )
    op.execute(
        "create trigger append_only_whole before truncate on audit_entries "
        "for each statement execute function refuse_change()"
    )


def _remember_sign_ins() -> None:
    op.add_column(
        "sessions", sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute("update sessions set authenticated_at = created_at")
    op.alter_column("sessions", "authenticated_at", nullable=False)


def _make_access_roles() -> None:
    """Every organization gets the five templates as roles of its own."""
    op.create_table(
        "access_roles",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "template in ('admin', 'manager', 'administrative', 'salesperson', 'viewer')",
            name=op.f("ck_access_roles_template"),
        ),
        sa.CheckConstraint(
            "visibility in ('own', 'team', 'all')", name=op.f("ck_access_roles_visibility")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_access_roles_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_access_roles")),
        sa.UniqueConstraint(
            "organization_id", "name", name=op.f("uq_access_roles_organization_id_name")
        ),
        sa.UniqueConstraint(
            "organization_id", "template", name=op.f("uq_access_roles_organization_id_template")
        ),
    )
    # The owner sees no rows while row-level security is forced.
    op.execute("alter table organizations no force row level security")
    for template, (spanish, english, permissions, visibility) in TEMPLATES.items():
        op.execute(
            sa.text(
                "insert into access_roles (organization_id, id, name, template, permissions,"
                " visibility, created_at, version)"
                " select id, gen_random_uuid(),"
                " case default_language when 'en' then :english else :spanish end,"
                " :template, string_to_array(:permissions, ' '), :visibility, created_at, 1"
                " from organizations"
            ).bindparams(
                spanish=spanish,
                english=english,
                template=template,
                permissions=permissions,
                visibility=visibility,
            )
        )
    op.execute("alter table organizations force row level security")


def _give_members_roles() -> None:
    op.add_column("memberships", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("memberships", sa.Column("access_role_id", sa.Uuid(), nullable=True))
    op.add_column(
        "memberships",
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
    )
    op.add_column(
        "memberships",
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    )
    op.alter_column("memberships", "status", server_default=None)
    op.alter_column("memberships", "version", server_default=None)
    op.execute(
        "update memberships m set name = u.name, access_role_id = r.id"
        " from users u, access_roles r where u.id = m.user_id"
        " and r.organization_id = m.organization_id and r.template = m.role"
    )
    op.alter_column("memberships", "name", nullable=False)
    op.alter_column("memberships", "access_role_id", nullable=False)
    op.drop_column("memberships", "role")
    op.create_check_constraint(
        op.f("ck_memberships_status"), "memberships", "status in ('active', 'inactive')"
    )
    op.create_foreign_key(
        op.f("fk_memberships_organization_id_access_role_id_access_roles"),
        "memberships",
        "access_roles",
        ["organization_id", "access_role_id"],
        ["organization_id", "id"],
    )
    _isolate("access_roles")
    op.execute(
        "grant select, insert, update, delete on access_roles to conforme_api, conforme_worker"
    )


def _make_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("access_role_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_failure", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_invitations_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "access_role_id"],
            ["access_roles.organization_id", "access_roles.id"],
            name=op.f("fk_invitations_organization_id_access_role_id_access_roles"),
            ondelete="SET NULL (access_role_id)",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_invitations")),
    )
    _isolate("invitations")
    op.execute("grant select, insert, update on invitations to conforme_api, conforme_worker")
    op.create_table(
        "mailed_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('invitation', 'password_reset')", name=op.f("ck_mailed_tokens_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_mailed_tokens_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mailed_tokens")),
        sa.UniqueConstraint(
            "purpose", "subject_id", name=op.f("uq_mailed_tokens_purpose_subject_id")
        ),
    )
    op.execute(
        "grant select, insert, update, delete on mailed_tokens to conforme_api, conforme_worker"
    )


def _guard_sign_ins() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "sign_in_meters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sign_in_meters")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "known_sources",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_sources_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "source", name=op.f("pk_known_sources")),
    )
    for table in ("second_factors", "recovery_codes", "sign_in_meters", "known_sources"):
        op.execute(
            f"grant select, insert, update, delete on {table} to conforme_api, conforme_worker"
        )
