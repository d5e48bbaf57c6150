"""Receipts of payments by mail, credit of clients who paid too much, installments.

Revision: 0023.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a dispatch be the receipt of a payment, and excess be credit."""
    op.execute("set local role conforme_owner")
    _extend_dispatches()
    _extend_ledger()
    _extend_documents()
    for organization_id in op.get_bind().scalars(sa.text("select id from organizations")).all():
        _enter(organization_id)
        op.execute(_MOVE_EXCESS)
    _enter("")
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


def _extend_ledger() -> None:
    op.drop_constraint(op.f("ck_payments_method"), "payments")
    op.create_check_constraint(
        op.f("ck_payments_method"),
        "payments",
        "method in ('card', 'pay_by_bank', 'bank_transfer', 'cash', 'card_terminal', 'credit')",
    )
    op.alter_column("journals", "payment_id", nullable=True)
    op.drop_constraint(op.f("ck_journals_kind"), "journals")
    op.create_check_constraint(
        op.f("ck_journals_kind"),
        "journals",
        "kind in ('collection', 'refund', 'reversal', 'chargeback', 'chargeback_won', 'credit')",
    )
    op.create_check_constraint(
        op.f("ck_journals_payment"), "journals", "(kind = 'credit') = (payment_id is null)"
    )
    op.add_column("ledger_entries", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_ledger_entries_organization_id_contact_id_contacts"),
        "ledger_entries",
        "contacts",
        ["organization_id", "contact_id"],
        ["organization_id", "id"],
    )
    op.drop_constraint(op.f("ck_ledger_entries_account"), "ledger_entries")
    op.drop_constraint(op.f("ck_ledger_entries_document"), "ledger_entries")
    op.create_check_constraint(
        op.f("ck_ledger_entries_account"),
        "ledger_entries",
        "account in ('receivable', 'credit', 'bank', 'cash', 'card_terminal', 'provider', 'loss')",
    )
    op.create_check_constraint(
        op.f("ck_ledger_entries_document"),
        "ledger_entries",
        "(account in ('receivable', 'credit')) = (document_id is not null)",
    )
    op.create_check_constraint(
        op.f("ck_ledger_entries_contact"),
        "ledger_entries",
        "(account = 'credit') = (contact_id is not null)",
    )
    op.create_index(
        "ix_ledger_entries_contact",
        "ledger_entries",
        ["organization_id", "contact_id"],
        postgresql_where=sa.text("contact_id is not null"),
    )


def _extend_documents() -> None:
    op.add_column(
        "documents",
        sa.Column(
            "installments",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column("documents", sa.Column("next_due_on", sa.Date(), nullable=True))


def _enter(organization_id: object) -> None:
    """Enter an organization: row-level security holds for the owner too."""
    entered = sa.text("select set_config('app.org', cast(:organization_id as text), true)")
    op.get_bind().execute(entered, {"organization_id": str(organization_id)})


_MOVE_EXCESS = """
with excess as (
  select organization_id, id as document_id, contact_id, currency, gen_random_uuid() as journal_id,
         paid_minor - greatest(payable_minor, 0) as minor
  from documents where paid_minor > greatest(payable_minor, 0)
), journal as (
  insert into journals (organization_id, id, kind, booked_at)
  select organization_id, journal_id, 'credit', now() from excess
)
insert into ledger_entries
  (organization_id, journal_id, position, account, document_id, contact_id, amount_minor, currency)
select organization_id, journal_id, 1, 'receivable', document_id, null, minor, currency from excess
union all
select organization_id, journal_id, 2, 'credit', document_id, contact_id, -minor, currency
from excess
"""
