"""What an organization sets: who issues, under which series, and in what words.

Revision: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the tables, owned, granted and walled as the others are."""
    op.execute("set local role conforme_owner")
    op.add_column(
        "organizations", sa.Column("footer", sa.Text(), server_default="", nullable=False)
    )
    op.alter_column("organizations", "footer", server_default=None)
    _make_profiles()
    _name_them_in_series()
    _make_templates()
    for table in ("issuer_profiles", "email_templates"):
        _wall(table)
    op.execute("grant delete on email_templates to conforme_api")
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was issued names these rows")


def _wall(table: str) -> None:
    condition = f"organization_id = {CURRENT}"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy tenant on {table} using ({condition}) with check ({condition})")
    op.execute(f"grant select, insert, update on {table} to conforme_api, conforme_worker")


def _make_profiles() -> None:
    needed = (
        "label", "name", "legal_name", "tax_id", "street", "postal_code", "city", "province",
        "country", "email", "footer", "accent_color", "status",
    )
    optional = ("phone", "mercantile_registry", "iban", "logo_sha256")
    op.create_table(
        "issuer_profiles",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in needed),
        *(sa.Column(name, sa.Text(), nullable=True) for name in optional),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "accent_color ~ '^#[0-9a-f]{6}$'", name=op.f("ck_issuer_profiles_accent_color")
        ),
        sa.CheckConstraint(
            "status in ('active', 'archived')", name=op.f("ck_issuer_profiles_status")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_issuer_profiles_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_issuer_profiles")),
    )


def _make_templates() -> None:
    op.create_table(
        "email_templates",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "document_type in ('quote', 'delivery_note', 'proforma', 'invoice')",
            name=op.f("ck_email_templates_document_type"),
        ),
        sa.CheckConstraint(
            "purpose in ('first', 'resend', 'revision')", name=op.f("ck_email_templates_purpose")
        ),
        sa.CheckConstraint("language in ('es', 'en')", name=op.f("ck_email_templates_language")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_email_templates_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_email_templates")),
        sa.UniqueConstraint(
            "organization_id", "document_type", "purpose", "language",
            name=op.f("uq_email_templates_words"),
        ),
    )


def _name_them_in_series() -> None:
    op.add_column("number_series", sa.Column("issuer_profile_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_number_series_organization_id_issuer_profile_id_issuer_profiles"),
        "number_series",
        "issuer_profiles",
        ["organization_id", "issuer_profile_id"],
        ["organization_id", "id"],
    )
    op.add_column(
        "number_series",
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
    )
    op.alter_column("number_series", "status", server_default=None)
    op.create_check_constraint(
        op.f("ck_number_series_status"), "number_series", "status in ('active', 'archived')"
    )
    op.create_check_constraint(
        op.f("ck_number_series_default"), "number_series", "status = 'active' or not is_default"
    )
