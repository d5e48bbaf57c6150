"""Refunds through the provider, transfers whose match is taken back, disputes, and differences.

Revision: 0020.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add what a refund through the provider needs."""
    op.execute("set local role conforme_owner")
    _extend_refunds()
    _extend_transfers()
    _make_disputes()
    _make_differences()
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


def _make_disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("won_provider_id", sa.Text(), nullable=True),
        sa.Column("won_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('open', 'won')", name=op.f("ck_disputes_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount")),
        sa.CheckConstraint(
            "(state = 'won') = (won_provider_id is not null)"
            " and (state = 'won') = (won_at is not null)",
            name=op.f("ck_disputes_won"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "payment_id"],
            ["payments.organization_id", "payments.id"],
            name=op.f("fk_disputes_organization_id_payment_id_payments"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_disputes")),
        sa.UniqueConstraint(
            "organization_id",
            "provider_id",
            name=op.f("uq_disputes_organization_id_provider_id"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "won_provider_id",
            name=op.f("uq_disputes_organization_id_won_provider_id"),
        ),
    )
    op.create_index("ix_disputes_payment", "disputes", ["organization_id", "payment_id", "id"])
    _wall("disputes")


def _make_differences() -> None:
    op.create_table(
        "provider_differences",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("ours_minor", sa.BigInteger(), nullable=True),
        sa.Column("theirs_minor", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('unknown_here', 'amount_differs', 'missing_there')",
            name=op.f("ck_provider_differences_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_provider_differences_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_provider_differences")),
        sa.UniqueConstraint(
            "organization_id",
            "provider_id",
            "kind",
            name=op.f("uq_provider_differences_organization_id_provider_id_kind"),
        ),
    )
    _wall("provider_differences")


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
        "account in ('receivable', 'bank', 'cash', 'card_terminal', 'provider', 'loss')",
    )
    op.drop_constraint(op.f("ck_journals_kind"), "journals")
    op.add_column("journals", sa.Column("dispute_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_journals_kind"),
        "journals",
        "kind in ('collection', 'refund', 'reversal', 'chargeback', 'chargeback_won')",
    )
    op.create_check_constraint(
        op.f("ck_journals_dispute"),
        "journals",
        "(kind in ('chargeback', 'chargeback_won')) = (dispute_id is not null)",
    )
    op.create_foreign_key(
        op.f("fk_journals_organization_id_dispute_id_disputes"),
        "journals",
        "disputes",
        ["organization_id", "dispute_id"],
        ["organization_id", "id"],
    )
    op.create_unique_constraint(
        op.f("uq_journals_organization_id_dispute_id_kind"),
        "journals",
        ["organization_id", "dispute_id", "kind"],
    )
    op.create_index(
        "uq_journals_reversal",
        "journals",
        ["organization_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'reversal'"),
    )
