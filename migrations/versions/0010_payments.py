"""Payments, refunds, the ledger, and whether the provider lets an organization be paid.

Revision: 0010.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANGED = (
    "payments",
    "refunds",
    "payment_accounts",
    "provider_calls",
    "unmatched_transfers",
)
BOOKED = ("journals", "ledger_entries")
"""Append-only; each journal sums to zero."""

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the tables, owned, granted and walled as the others are."""
    op.execute("set local role conforme_owner")
    _make_tables()
    for table in (*CHANGED, *BOOKED):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"create policy tenant on {table} using (organization_id = {CURRENT}) "
            f"with check (organization_id = {CURRENT})"
        )
    for table in CHANGED:
        op.execute(f"grant select, insert, update on {table} to conforme_api, conforme_worker")
    for table in ("wallets", "stray_calls"):
        op.execute(f"grant select, insert on {table} to conforme_api, conforme_worker")
    for table in BOOKED:
        op.execute(f"grant select, insert on {table} to conforme_api, conforme_worker")
        op.execute(
            f"create trigger frozen before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger frozen_whole before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute(_BALANCE)
    for table in BOOKED:
        op.execute(
            f"create constraint trigger balanced after insert on {table} "
            "deferrable initially deferred for each row execute function keep_balance()"
        )
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was booked is not taken away")


_BALANCE = """
create function keep_balance() returns trigger language plpgsql as $$
declare
  booked uuid := coalesce(to_jsonb(new)->>'journal_id', to_jsonb(new)->>'id');
begin
  if not exists (select from ledger_entries e
                 where e.organization_id = new.organization_id and e.journal_id = booked)
     or exists (select from ledger_entries e
                where e.organization_id = new.organization_id and e.journal_id = booked
                group by e.currency having sum(e.amount_minor) <> 0) then
    raise exception 'journal % does not sum to zero', booked using errcode = 'check_violation';
  end if;
  return null;
end $$
"""
"""Checked at commit, when a journal has all its sides."""


def _make_tables() -> None:
    op.create_table('payments',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=False),
    sa.Column('installment_no', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('recipient_id', sa.Uuid(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.Column('review_reason', sa.Text(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by_name', sa.Text(), nullable=True),
    sa.Column('review_note', sa.Text(), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('check_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'succeeded') = (settled_at is not null)", name=op.f('ck_payments_settled')),
    sa.CheckConstraint("method in ('card', 'pay_by_bank', 'bank_transfer', 'cash', 'card_terminal')", name=op.f('ck_payments_method')),
    sa.CheckConstraint("state in ('created', 'redirected', 'awaiting_funds', 'succeeded', 'failed', 'cancelled', 'expired', 'frozen')", name=op.f('ck_payments_state')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payments_amount')),
    sa.CheckConstraint('installment_no >= 1', name=op.f('ck_payments_installment')),
    sa.CheckConstraint('reviewed_at is null or review_reason is not null', name=op.f('ck_payments_review')),
    sa.ForeignKeyConstraint(['organization_id', 'document_id'], ['documents.organization_id', 'documents.id'], name=op.f('fk_payments_organization_id_document_id_documents')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payments_organization_id_organizations')),
    sa.PrimaryKeyConstraint('organization_id', 'id', name=op.f('pk_payments')),
    sa.UniqueConstraint('organization_id', 'provider_id', name=op.f('uq_payments_organization_id_provider_id')),
    sa.UniqueConstraint('organization_id', 'reference', name=op.f('uq_payments_organization_id_reference'))
    )
    op.create_index('ix_payments_check', 'payments', ['organization_id', 'check_at'], unique=False, postgresql_where=sa.text('check_at is not null'))
    op.create_index('ix_payments_document', 'payments', ['organization_id', 'document_id', 'id'], unique=False)
    op.create_index('ix_payments_review', 'payments', ['organization_id', 'id'], unique=False, postgresql_where=sa.text('review_reason is not null and reviewed_at is null'))
    op.create_index('uq_payments_live', 'payments', ['organization_id', 'document_id', 'installment_no'], unique=True, postgresql_where=sa.text("state in ('created', 'redirected', 'awaiting_funds')"))
    op.create_table('refunds',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('queued', 'pending', 'succeeded', 'failed')", name=op.f('ck_refunds_state')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_refunds_amount')),
    sa.ForeignKeyConstraint(['organization_id', 'payment_id'], ['payments.organization_id', 'payments.id'], name=op.f('fk_refunds_organization_id_payment_id_payments')),
    sa.PrimaryKeyConstraint('organization_id', 'id', name=op.f('pk_refunds'))
    )
    op.create_index('ix_refunds_payment', 'refunds', ['organization_id', 'payment_id', 'id'], unique=False)
    op.create_table('journals',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('refund_id', sa.Uuid(), nullable=True),
    sa.Column('booked_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'refund') = (refund_id is not null)", name=op.f('ck_journals_refund')),
    sa.CheckConstraint("kind in ('collection', 'refund')", name=op.f('ck_journals_kind')),
    sa.ForeignKeyConstraint(['organization_id', 'payment_id'], ['payments.organization_id', 'payments.id'], name=op.f('fk_journals_organization_id_payment_id_payments')),
    sa.ForeignKeyConstraint(['organization_id', 'refund_id'], ['refunds.organization_id', 'refunds.id'], name=op.f('fk_journals_organization_id_refund_id_refunds')),
    sa.PrimaryKeyConstraint('organization_id', 'id', name=op.f('pk_journals')),
    sa.UniqueConstraint('organization_id', 'refund_id', name=op.f('uq_journals_organization_id_refund_id'))
    )
    op.create_index('uq_journals_collection', 'journals', ['organization_id', 'payment_id'], unique=True, postgresql_where=sa.text("kind = 'collection'"))
    op.create_table('ledger_entries',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('journal_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('document_id', sa.Uuid(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.CheckConstraint("(account = 'receivable') = (document_id is not null)", name=op.f('ck_ledger_entries_document')),
    sa.CheckConstraint("account in ('receivable', 'bank', 'cash', 'card_terminal', 'provider')", name=op.f('ck_ledger_entries_account')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_ledger_entries_amount')),
    sa.ForeignKeyConstraint(['organization_id', 'document_id'], ['documents.organization_id', 'documents.id'], name=op.f('fk_ledger_entries_organization_id_document_id_documents')),
    sa.ForeignKeyConstraint(['organization_id', 'journal_id'], ['journals.organization_id', 'journals.id'], name=op.f('fk_ledger_entries_organization_id_journal_id_journals')),
    sa.PrimaryKeyConstraint('organization_id', 'journal_id', 'position', name=op.f('pk_ledger_entries'))
    )
    op.create_index('ix_ledger_entries_document', 'ledger_entries', ['organization_id', 'document_id'], unique=False, postgresql_where=sa.text('document_id is not null'))
    op.create_table('payment_accounts',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('wallet', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('can_receive', sa.Boolean(), nullable=False),
    sa.Column('provider_account_id', sa.Text(), nullable=True),
    sa.Column('onboarding_id', sa.Text(), nullable=True),
    sa.Column('requirements', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('restrictions', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('sealed_application', sa.LargeBinary(), nullable=False),
    sa.Column('transfer_account', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state in ('not_started', 'awaiting_information', 'under_analysis', 'accepted', 'update_requested', 'rejected', 'denied', 'blocked')", name=op.f('ck_payment_accounts_state')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_payment_accounts_organization_id_organizations')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_payment_accounts'))
    )
    op.create_table('wallets',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_wallets_organization_id_organizations')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_wallets'))
    )
    op.create_table('provider_calls',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state in ('new', 'done', 'ignored')", name=op.f('ck_provider_calls_state')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_provider_calls_organization_id_organizations')),
    sa.PrimaryKeyConstraint('organization_id', 'id', name=op.f('pk_provider_calls')),
    sa.UniqueConstraint('organization_id', 'key', name=op.f('uq_provider_calls_organization_id_key'))
    )
    op.create_index('ix_provider_calls_new', 'provider_calls', ['organization_id', 'received_at'], unique=False, postgresql_where=sa.text("state = 'new'"))
    op.create_table('stray_calls',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stray_calls'))
    )
    op.create_table('unmatched_transfers',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id', 'payment_id'], ['payments.organization_id', 'payments.id'], name=op.f('fk_unmatched_transfers_organization_id_payment_id_payments')),
    sa.ForeignKeyConstraint(['organization_id'], ['organizations.id'], name=op.f('fk_unmatched_transfers_organization_id_organizations')),
    sa.PrimaryKeyConstraint('organization_id', 'id', name=op.f('pk_unmatched_transfers')),
    sa.UniqueConstraint('organization_id', 'provider_id', name=op.f('uq_unmatched_transfers_organization_id_provider_id'))
    )
