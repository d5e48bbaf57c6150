"""Papers handed in through us, and money paid out to the organization's own account.

Revision: 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add papers, payout accounts, payouts, and their journals."""
    op.execute("set local role conforme_owner")
    _make_papers()
    _make_payout_accounts()
    _make_payouts()
    _extend_ledger()
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was booked is not taken away")


def _make_papers() -> None:
    op.create_table(
        "papers",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'under_review', 'accepted', 'refused')",
            name=op.f("ck_papers_state"),
        ),
        sa.CheckConstraint(
            "(sealed is not null) = (state = 'waiting')", name=op.f("ck_papers_sealed")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (fault is not null)", name=op.f("ck_papers_fault")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["payment_accounts.organization_id"],
            name=op.f("fk_papers_organization_id_payment_accounts"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_papers")),
        sa.UniqueConstraint(
            "organization_id", "provider_id", name=op.f("uq_papers_organization_id_provider_id")
        ),
    )
    op.create_index(
        "ix_papers_check",
        "papers",
        ["organization_id", "check_at"],
        postgresql_where=sa.text("check_at is not null"),
    )
    _wall("papers")


def _make_payout_accounts() -> None:
    op.create_table(
        "payout_accounts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'active', 'rejected', 'disabled')",
            name=op.f("ck_payout_accounts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_payout_accounts_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_payout_accounts")),
        sa.UniqueConstraint(
            "organization_id", "iban", name=op.f("uq_payout_accounts_organization_id_iban")
        ),
    )
    _wall("payout_accounts")


def _make_payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payout_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'succeeded', 'failed')", name=op.f("ck_payouts_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payouts_amount")),
        sa.CheckConstraint(
            "(state = 'pending') = (settled_at is null)", name=op.f("ck_payouts_settled")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_payouts_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "payout_account_id"],
            ["payout_accounts.organization_id", "payout_accounts.id"],
            name=op.f("fk_payouts_organization_id_payout_account_id_payout_accounts"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_payouts")),
        sa.UniqueConstraint(
            "organization_id", "provider_id", name=op.f("uq_payouts_organization_id_provider_id")
        ),
    )
    op.create_index(
        "ix_payouts_check",
        "payouts",
        ["organization_id", "check_at"],
        postgresql_where=sa.text("check_at is not null"),
    )
    _wall("payouts")


def _wall(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy tenant on {table} using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute(f"grant select, insert, update on {table} to conforme_api, conforme_worker")


def _extend_ledger() -> None:
    op.drop_constraint(op.f("ck_ledger_entries_account"), "ledger_entries")
    op.create_check_constraint(
        op.f("ck_ledger_entries_account"),
        "ledger_entries",
        "account in ('receivable', 'credit', 'bank', 'cash', 'card_terminal', 'provider', "
        "'loss', 'payout')",
    )
    op.create_index(
        "ix_ledger_entries_provider",
        "ledger_entries",
        ["organization_id", "currency"],
        postgresql_include=["amount_minor"],
        postgresql_where=sa.text("account = 'provider'"),
    )
    op.drop_constraint(op.f("ck_journals_kind"), "journals")
    op.drop_constraint(op.f("ck_journals_payment"), "journals")
    op.add_column("journals", sa.Column("payout_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_journals_kind"),
        "journals",
        "kind in ('collection', 'refund', 'reversal', 'chargeback', 'chargeback_won', "
        "'credit', 'payout', 'payout_arrived', 'payout_returned')",
    )
    op.create_check_constraint(
        op.f("ck_journals_payment"),
        "journals",
        "(kind in ('credit', 'payout', 'payout_arrived', 'payout_returned'))"
        " = (payment_id is null)",
    )
    op.create_check_constraint(
        op.f("ck_journals_payout"),
        "journals",
        "(kind in ('payout', 'payout_arrived', 'payout_returned')) = (payout_id is not null)",
    )
    op.create_foreign_key(
        op.f("fk_journals_organization_id_payout_id_payouts"),
        "journals",
        "payouts",
        ["organization_id", "payout_id"],
        ["organization_id", "id"],
    )
    op.create_unique_constraint(
        op.f("uq_journals_organization_id_payout_id_kind"),
        "journals",
        ["organization_id", "payout_id", "kind"],
    )
