"""Long work and its progress; files, in pieces.

Revision: 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.execute("set local role conforme_owner")
    _make_operations()
    _make_files()
    for table in ("operations", "files", "file_pieces"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"create policy tenant on {table} using (organization_id = {CURRENT}) "
            f"with check (organization_id = {CURRENT})"
        )
    both = "to conforme_api, conforme_worker"
    op.execute(f"grant select, insert, update on operations {both}")
    op.execute(f"grant select, insert, update, delete on files {both}")
    op.execute(f"grant select, insert, delete on file_pieces {both}")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    for table in ("file_pieces", "files", "operations"):
        op.drop_table(table)
    op.execute("reset role")


def _make_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parameters", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("started_at", WHEN, nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("cancel_asked_at", WHEN, nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", WHEN, nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_operations_state"),
        ),
        sa.CheckConstraint(
            "(state in ('queued', 'running')) = (ended_at is null)",
            name=op.f("ck_operations_ended"),
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (reason is not null)", name=op.f("ck_operations_reason")
        ),
        sa.CheckConstraint("failed <= done", name=op.f("ck_operations_progress")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_operations_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_operations")),
    )
    op.create_index("ix_operations_principal", "operations", ["organization_id", "principal", "id"])
    op.create_index(
        "ix_operations_under_way",
        "operations",
        ["organization_id", "id"],
        postgresql_where=sa.text("state in ('queued', 'running')"),
    )


def _make_files() -> None:
    op.create_table(
        "files",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "purpose in ('attachment', 'import', 'export')", name=op.f("ck_files_purpose")
        ),
        sa.CheckConstraint(
            "contact_id is null or expires_at is null", name=op.f("ck_files_kept")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_files_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contacts.organization_id", "contacts.id"],
            name=op.f("fk_files_organization_id_contact_id_contacts"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_files")),
    )
    op.create_index(
        "ix_files_contact",
        "files",
        ["organization_id", "contact_id"],
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index(
        "ix_files_expires_at",
        "files",
        ["organization_id", "expires_at"],
        postgresql_where=sa.text("expires_at is not null"),
    )
    op.create_table(
        "file_pieces",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["files.organization_id", "files.id"],
            name=op.f("fk_file_pieces_organization_id_file_id_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "file_id", "position", name=op.f("pk_file_pieces")
        ),
    )
