"""What the hourly check of every organization's rows found.

Revision: 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the table; only the worker writes to it, and looks for who is next."""
    op.execute("set local role conforme_owner")
    op.create_table(
        "invariant_checks",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("violations", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("violations >= 0", name=op.f("ck_invariant_checks_violations")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_invariant_checks_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_invariant_checks")),
    )
    op.execute("alter table invariant_checks enable row level security")
    op.execute("alter table invariant_checks force row level security")
    op.execute(
        f"create policy tenant on invariant_checks using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute(
        "create policy worker_finds on invariant_checks for select to conforme_worker using (true)"
    )
    op.execute("grant select, insert, update on invariant_checks to conforme_worker")
    op.execute("reset role")


def downgrade() -> None:
    op.drop_table("invariant_checks")
