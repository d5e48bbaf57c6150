"""What the payment provider warns the operator of.

Revision: 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell what a call that names no wallet is about."""
    op.execute("set local role conforme_owner")
    op.add_column(
        "stray_calls", sa.Column("kind", sa.Text(), nullable=False, server_default="other")
    )
    op.alter_column("stray_calls", "kind", server_default=None)
    op.create_index(
        "ix_stray_calls_warnings",
        "stray_calls",
        ["received_at"],
        postgresql_where=sa.text("kind in ('low_balance', 'low_iban_stock')"),
    )
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    op.drop_index("ix_stray_calls_warnings", "stray_calls")
    op.drop_column("stray_calls", "kind")
    op.execute("reset role")
