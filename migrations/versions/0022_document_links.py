"""Which document came out of which, and what advance invoices have asked for.

Revision: 0022.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"

_NEW_COLUMNS = (
    ("deductions", postgresql.JSONB(), "'[]'"),
    ("advances_minor", sa.BigInteger(), "0"),
    ("is_converted", sa.Boolean(), "false"),
    ("is_billed", sa.Boolean(), "false"),
)


def upgrade() -> None:
    """Add the table and the columns; no document came out of another so far."""
    op.execute("set local role conforme_owner")
    for name, type_, default in _NEW_COLUMNS:
        op.add_column(
            "documents",
            sa.Column(name, type_, server_default=sa.text(default), nullable=False),
        )
        op.alter_column("documents", name, server_default=None)
    _make_links()
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was invoiced in advance would be asked for again")


def _make_links() -> None:
    op.create_table(
        "document_links",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('converted', 'advance_of', 'deducts', 'copied')",
            name=op.f("ck_document_links_kind"),
        ),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_document_links_two")),
        sa.ForeignKeyConstraint(
            ["organization_id", "source_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_document_links_organization_id_source_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "target_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_document_links_organization_id_target_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "source_id", "target_id", name=op.f("pk_document_links")
        ),
        sa.UniqueConstraint(
            "organization_id",
            "payment_id",
            name=op.f("uq_document_links_organization_id_payment_id"),
        ),
    )
    op.create_index("ix_document_links_target", "document_links", ["organization_id", "target_id"])
    op.execute("alter table document_links enable row level security")
    op.execute("alter table document_links force row level security")
    op.execute(
        f"create policy tenant on document_links using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute("grant select, insert on document_links to conforme_api, conforme_worker")
