"""Corrective invoices: what they correct, a series of their own, and their money.

Revision: 0048.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.kernel.identifiers import new_id

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_SERIES = """
insert into number_series
    (organization_id, id, type, invoice_kind, name, pattern, reset_policy, default_notes,
     is_default, status, created_at, version)
select :organization_id, :id, 'invoice', 'corrective', 'Facturas rectificativas', 'FR-[yy]%%%%',
       'yearly', '', true, 'active', now(), 1
where not exists (
    select from number_series
    where organization_id = :organization_id and type = 'invoice' and pattern like 'FR-%'
)
"""

_CHECKS = {
    "number_series": {
        "invoice_kind": "invoice_kind is null or "
        "(invoice_kind in ('simplified', 'corrective') and type = 'invoice')",
    },
    "document_links": {
        "kind": "kind in ('converted', 'advance_of', 'deducts', 'copied', 'corrects')",
    },
    "journals": {
        "kind": "kind in ('collection', 'refund', 'reversal', 'chargeback', 'chargeback_won', "
        "'credit', 'correction', 'move', 'payout', 'payout_arrived', 'payout_returned')",
        "payment": "(kind in ('credit', 'correction', 'payout', 'payout_arrived', "
        "'payout_returned')) = (payment_id is null)",
    },
    "ledger_entries": {
        "account": "account in ('receivable', 'credit', 'bank', 'cash', 'card_terminal', "
        "'provider', 'loss', 'payout', 'correction')",
    },
}


def upgrade() -> None:
    """Add columns, widen checks, and open the series for organizations that exist."""
    op.execute("set local role conforme_owner")
    op.add_column("documents", sa.Column("correction", postgresql.JSONB(), nullable=True))
    op.add_column(
        "documents",
        sa.Column("is_corrected", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "documents",
        sa.Column("credited_minor", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_check_constraint(
        op.f("ck_documents_correction"),
        "documents",
        "coalesce(invoice_kind = 'corrective', false) = (correction is not null)",
    )
    for table, checks in _CHECKS.items():
        for name, rule in checks.items():
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    for organization_id in _organizations():
        op.execute("set local role conforme_owner")
        _open_series(organization_id)
    op.execute("select set_config('app.org', '', true)")
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was corrected stays corrected")


def _organizations() -> list[UUID]:
    """List every organization; the worker alone sees across them."""
    op.execute("set local role conforme_worker")
    return list(op.get_bind().scalars(sa.text("select id from organizations order by id")))


def _open_series(organization_id: UUID) -> None:
    """Row-level security holds for the owner, too: each organization is entered."""
    connection = op.get_bind()
    entered = sa.text("select set_config('app.org', cast(:organization_id as text), true)")
    connection.execute(entered, {"organization_id": str(organization_id)})
    values = {"organization_id": organization_id, "id": new_id()}
    connection.execute(sa.text(_SERIES), values)
