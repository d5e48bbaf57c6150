"""Refunds through the provider, and transfers whose match is taken back.

Revision: 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a refund through the provider needs."""
    op.execute("set local role conforme_owner")
    _extend_refunds()
    _extend_transfers()
    _extend_ledger()
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was booked is not taken away")


def _extend_refunds() -> None:
    op.add_column("refunds", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column("refunds", sa.Column("failure", sa.Text(), nullable=True))
    op.add_column("refunds", sa.Column("check_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("refunds", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(
        op.f("uq_refunds_organization_id_provider_id"),
        "refunds",
        ["organization_id", "provider_id"],
    )
    op.create_index(
        "ix_refunds_check",
        "refunds",
        ["organization_id", "check_at"],
        postgresql_where=sa.text("check_at is not null"),
    )


def _extend_transfers() -> None:
    op.create_index(
        "ix_unmatched_transfers_waiting",
        "unmatched_transfers",
        ["organization_id", "id"],
        postgresql_where=sa.text("payment_id is null"),
    )


def _extend_ledger() -> None:
    op.drop_constraint(op.f("ck_ledger_entries_account"), "ledger_entries")
    op.create_check_constraint(
        op.f("ck_ledger_entries_account"),
        "ledger_entries",
        "account in ('receivable', 'bank', 'cash', 'card_terminal', 'provider', 'loss')",
    )
    op.drop_constraint(op.f("ck_journals_kind"), "journals")
    op.create_check_constraint(
        op.f("ck_journals_kind"), "journals", "kind in ('collection', 'refund', 'reversal')"
    )
    op.create_index(
        "uq_journals_reversal",
        "journals",
        ["organization_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'reversal'"),
    )
