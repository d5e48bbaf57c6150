"""Reminders to clients: policies, and what was decided of every step.

Revision: 0060.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"
WHEN = sa.DateTime(timezone=True)
TABLES = ("reminder_policies", "reminders")


def upgrade() -> None:
    """Add the tables; letters that remind may have words of the organization's own."""
    op.execute("set local role conforme_owner")
    op.drop_constraint(op.f("ck_email_templates_purpose"), "email_templates")
    op.create_check_constraint(
        op.f("ck_email_templates_purpose"),
        "email_templates",
        "purpose in ('first', 'resend', 'revision', 'reminder')",
    )
    _make_policies()
    _make_reminders()
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"create policy tenant on {table} using (organization_id = {CURRENT}) "
            f"with check (organization_id = {CURRENT})"
        )
    op.execute("grant select, insert, update, delete on reminder_policies to conforme_api")
    op.execute("grant select on reminder_policies to conforme_worker")
    op.execute("grant select on reminders to conforme_api")
    op.execute("grant select, insert on reminders to conforme_worker")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("reset role")


def _make_policies() -> None:
    op.create_table(
        "reminder_policies",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_type", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("attach_pdf", sa.Boolean(), nullable=False),
        sa.Column("send_from", sa.Time(), nullable=False),
        sa.Column("send_until", sa.Time(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("active_since", sa.Date(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "document_type in ('quote', 'proforma', 'invoice')",
            name=op.f("ck_reminder_policies_document_type"),
        ),
        sa.CheckConstraint(
            "status in ('active', 'paused')", name=op.f("ck_reminder_policies_status")
        ),
        sa.CheckConstraint("send_from < send_until", name=op.f("ck_reminder_policies_hours")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_reminder_policies_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_reminder_policies")),
    )
    op.create_index(
        "uq_reminder_policies_active",
        "reminder_policies",
        ["organization_id", "document_type"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )


def _make_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("offset_days", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(dispatch_id is null) = (reason is not null)", name=op.f("ck_reminders_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_reminders_organization_id_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "dispatch_id"],
            ["dispatches.organization_id", "dispatches.id"],
            name=op.f("fk_reminders_organization_id_dispatch_id_dispatches"),
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "document_id", "deadline", "offset_days", name=op.f("pk_reminders")
        ),
    )
    op.create_index(
        "ix_reminders_contact", "reminders", ["organization_id", "contact_id", "decided_on"]
    )
