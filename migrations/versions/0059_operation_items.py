"""What an operation is to do one by one, and what came of each.

Revision: 0059.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the table."""
    op.execute("set local role conforme_owner")
    op.create_table(
        "operation_items",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'done', 'failed')", name=op.f("ck_operation_items_state")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (reason is not null)", name=op.f("ck_operation_items_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "operation_id"],
            ["operations.organization_id", "operations.id"],
            name=op.f("fk_operation_items_organization_id_operation_id_operations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "operation_id", "position", name=op.f("pk_operation_items")
        ),
    )
    op.execute("alter table operation_items enable row level security")
    op.execute("alter table operation_items force row level security")
    op.execute(
        f"create policy tenant on operation_items using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute(
        "grant select, insert, update on operation_items to conforme_api, conforme_worker"
    )
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    op.drop_table("operation_items")
    op.execute("reset role")
