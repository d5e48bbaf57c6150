"""Simplified invoices: a series for organizations that had none, and how far they may go.

Revision: 0004.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.kernel.identifiers import new_id

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    organizations = _organizations()
    op.execute("set local role conforme_owner")
    op.add_column(
        "organizations",
        sa.Column("simplified_activity", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.alter_column("organizations", "simplified_activity", server_default=None)
    for organization_id in organizations:
        _open_series(organization_id)
    op.execute("select set_config('app.org', '', true)")
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("a series that gave a number is needed for ever")


def _organizations() -> list[UUID]:
    """List every organization; the worker alone sees across them."""
    op.execute("set local role conforme_worker")
    return list(op.get_bind().scalars(sa.text("select id from organizations order by id")))


def _open_series(organization_id: UUID) -> None:
    """Open the series new organizations begin with, unless its numbers could be another's.

    Row-level security holds for the owner, too: each organization is entered.
    """
    connection = op.get_bind()
    values = {"organization_id": organization_id, "id": new_id()}
    entered = sa.text("select set_config('app.org', cast(:organization_id as text), true)")
    connection.execute(entered, {"organization_id": str(organization_id)})
    connection.execute(sa.text(_SERIES), values)


_SERIES = """
insert into number_series
    (organization_id, id, type, invoice_kind, name, pattern, reset_policy, default_notes,
     is_default, created_at, version)
select :organization_id, :id, 'invoice', 'simplified', 'Facturas simplificadas', 'FS-[yy]%%%%',
       'yearly', '', true, now(), 1
where not exists (
    select from number_series
    where organization_id = :organization_id and type = 'invoice'
      and (invoice_kind = 'simplified' or pattern like 'FS-%')
)
"""
