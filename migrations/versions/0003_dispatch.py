"""Letters with a new link, and a count of the workers that died over a message.

Revision: 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Allow the kind `link`; nobody has died over a message that is there already."""
    op.drop_constraint(op.f("ck_dispatches_kind"), "dispatches")
    op.create_check_constraint(
        op.f("ck_dispatches_kind"),
        "dispatches",
        "kind in ('first', 'resend', 'reminder', 'receipt', 'link')",
    )
    op.add_column(
        "dispatch_recipients",
        sa.Column("lost_leases", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.alter_column("dispatch_recipients", "lost_leases", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("messages with a new link cannot be told as another kind")
