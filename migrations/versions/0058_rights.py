"""What each addressee may do behind a link: decide, pay, or only read.

Revision: 0058.
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0048"
branch_labels = None
depends_on = None

_ORGANIZATIONS = sa.text("select id from organizations")
_ENTER = sa.text("select set_config('app.org', cast(:organization_id as text), true)")
_LINKS = "update client_links set can_pay = can_decide"
_RECIPIENTS = "update dispatch_recipients set can_decide = kind = 'to', can_pay = kind = 'to'"


def upgrade() -> None:
    """Give every addressee so far the rights they had: who got a copy reads."""
    op.execute("set local role conforme_owner")
    for table, name in (
        ("client_links", "can_pay"),
        ("dispatch_recipients", "can_decide"),
        ("dispatch_recipients", "can_pay"),
    ):
        column = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, column)
    op.execute("alter table organizations no force row level security")
    ids = list(op.get_bind().execute(_ORGANIZATIONS).scalars())
    op.execute("alter table organizations force row level security")
    for organization_id in ids:
        # Row-level security holds for the owner too.
        op.get_bind().execute(_ENTER, {"organization_id": str(organization_id)})
        op.execute(_LINKS)
        op.execute(_RECIPIENTS)
    op.execute("select set_config('app.org', '', true)")
    for table, name in (
        ("client_links", "can_pay"),
        ("dispatch_recipients", "can_decide"),
        ("dispatch_recipients", "can_pay"),
    ):
        op.alter_column(table, name, server_default=None)
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    op.drop_column("dispatch_recipients", "can_pay")
    op.drop_column("dispatch_recipients", "can_decide")
    op.drop_column("client_links", "can_pay")
    op.execute("reset role")
