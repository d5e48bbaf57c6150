"""Prices that include the tax, and number series of simplified invoices.

Revision: 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was issued keeps its figures, prices without tax."""
    op.add_column(
        "documents",
        sa.Column("prices_include_tax", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.alter_column("documents", "prices_include_tax", server_default=None)
    op.execute(_KEEP_ISSUED)
    op.add_column("number_series", sa.Column("invoice_kind", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_number_series_invoice_kind"),
        "number_series",
        "invoice_kind is null or (invoice_kind = 'simplified' and type = 'invoice')",
    )
    op.drop_index("uq_number_series_default", "number_series")
    op.create_index(
        "uq_number_series_default",
        "number_series",
        ["organization_id", "type", sa.text("coalesce(invoice_kind, '')")],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )


def downgrade() -> None:
    raise NotImplementedError("what was issued with these columns needs them")


_KEEP_ISSUED = """
create or replace function keep_issued() returns trigger language plpgsql as $$
begin
  if old.issue_state = 'draft' then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  if tg_op = 'DELETE' or new.issue_state = 'draft'
     or (new.organization_id, new.id, new.type, new.invoice_kind, new.number,
         new.issue_date, new.currency, new.series_id)
        is distinct from (old.organization_id, old.id, old.type, old.invoice_kind,
         old.number, old.issue_date, old.currency, old.series_id)
     or (new.revision = old.revision
         and (new.taxable_base_minor, new.tax_minor, new.total_minor, new.payable_minor,
              new.breakdown, new.title, new.notes, new.language, new.disbursements,
              new.discount_kind, new.discount_value, new.withholding_rate,
              new.deposit_percent, new.operation_date, new.prices_include_tax)
             is distinct from
             (old.taxable_base_minor, old.tax_minor, old.total_minor, old.payable_minor,
              old.breakdown, old.title, old.notes, old.language, old.disbursements,
              old.discount_kind, old.discount_value, old.withholding_rate,
              old.deposit_percent, old.operation_date, old.prices_include_tax)) then
    raise exception 'document % was issued', old.number
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$
"""
