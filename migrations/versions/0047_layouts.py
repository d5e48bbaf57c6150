"""Layouts: how an organization wants each type of document to look.

Revision: 0047.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0037"
branch_labels = None
depends_on = None

_CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Keep layouts, and let a document name one."""
    op.execute("set local role conforme_owner")
    _make_layouts()
    op.add_column("documents", sa.Column("layout_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_documents_organization_id_layout_id_document_layouts"),
        "documents",
        "document_layouts",
        ["organization_id", "layout_id"],
        ["organization_id", "id"],
    )
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    op.drop_column("documents", "layout_id")
    op.drop_table("document_layouts")
    op.execute("reset role")


def _make_layouts() -> None:
    op.create_table(
        "document_layouts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("look", postgresql.JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "type in ('quote', 'delivery_note', 'proforma', 'invoice')",
            name=op.f("ck_document_layouts_type"),
        ),
        sa.CheckConstraint(
            "status in ('active', 'archived')", name=op.f("ck_document_layouts_status")
        ),
        sa.CheckConstraint(
            "status = 'active' or not is_default", name=op.f("ck_document_layouts_default")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_document_layouts_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_document_layouts")),
        sa.UniqueConstraint(
            "organization_id", "type", "name",
            name=op.f("uq_document_layouts_organization_id_type_name"),
        ),
    )
    op.create_index(
        "uq_document_layouts_default",
        "document_layouts",
        ["organization_id", "type"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    condition = f"organization_id = {_CURRENT}"
    for statement in (
        "enable row level security",
        "force row level security",
    ):
        op.execute(f"alter table document_layouts {statement}")
    op.execute(
        f"create policy tenant on document_layouts using ({condition}) with check ({condition})"
    )
    op.execute("grant select, insert, update on document_layouts to conforme_api, conforme_worker")
