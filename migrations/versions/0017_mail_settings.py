"""How an organization's messages leave: names, reply address, a server of its own.

Revision: 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0010"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the table, owned, granted and walled as the others are."""
    op.execute("set local role conforme_owner")
    _make_mail_settings()
    condition = f"organization_id = {CURRENT}"
    op.execute("alter table mail_settings enable row level security")
    op.execute("alter table mail_settings force row level security")
    op.execute(
        f"create policy tenant on mail_settings using ({condition}) with check ({condition})"
    )
    op.execute("grant select, insert, update on mail_settings to conforme_api")
    op.execute("grant select on mail_settings to conforme_worker")
    op.execute("reset role")


def downgrade() -> None:
    op.drop_table("mail_settings")


def _make_mail_settings() -> None:
    texts = (
        "sender_name", "reply_to", "smtp_host", "smtp_security", "smtp_username", "from_address",
    )
    op.create_table(
        "mail_settings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in texts),
        sa.Column("smtp_port", sa.BigInteger(), nullable=True),
        sa.Column("smtp_password", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "smtp_security in ('tls', 'starttls', 'none')",
            name=op.f("ck_mail_settings_smtp_security"),
        ),
        sa.CheckConstraint(
            "num_nulls(smtp_host, smtp_port, smtp_security, from_address) in (0, 4)",
            name=op.f("ck_mail_settings_smtp_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_mail_settings_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_mail_settings")),
    )
