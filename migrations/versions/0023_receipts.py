"""Receipts of payments by mail.

Revision: 0023.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a dispatch be the receipt of a payment, each payment's once."""
    op.execute("set local role conforme_owner")
    _extend_dispatches()
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was sent is not taken back")


def _extend_dispatches() -> None:
    op.add_column("dispatches", sa.Column("payment_id", sa.Uuid(), nullable=True))
    op.add_column("dispatches", sa.Column("paid", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(
        op.f("ck_dispatches_receipt"),
        "dispatches",
        "(kind = 'receipt') = (payment_id is not null)"
        " and (kind = 'receipt') = (paid is not null)",
    )
    op.create_unique_constraint(
        op.f("uq_dispatches_organization_id_payment_id"),
        "dispatches",
        ["organization_id", "payment_id"],
    )
