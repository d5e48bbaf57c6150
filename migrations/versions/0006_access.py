"""Who may do what, and who changed it: the audit, and when a session proved itself.

Revision: 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    op.execute("set local role conforme_owner")
    _keep_audit()
    _remember_sign_ins()
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
