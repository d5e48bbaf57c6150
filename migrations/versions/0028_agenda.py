"""Letters to salespeople about their actions, and the secrets of their calendar feeds.

Revision: 0028.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"


def upgrade() -> None:
    """Add the tables."""
    op.execute("set local role conforme_owner")
    _make_letters()
    _make_feeds()
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    op.drop_table("agenda_feeds")
    op.drop_table("agenda_letters")
    op.execute("reset role")


def _make_letters() -> None:
    op.create_table(
        "agenda_letters",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        sa.Column("minutes_before", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(action_id, minutes_before, due_at) in (0, 3)"
            " and (action_id is null) = (day is not null)",
            name=op.f("ck_agenda_letters_about"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_agenda_letters_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_agenda_letters_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "action_id"],
            ["commercial_actions.organization_id", "commercial_actions.id"],
            name=op.f("fk_agenda_letters_organization_id_action_id_commercial_actions"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_agenda_letters")),
        sa.UniqueConstraint(
            "organization_id",
            "action_id",
            "minutes_before",
            "due_at",
            name=op.f("uq_agenda_letters_organization_id_action_id_minutes_before_due_at"),
        ),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "day",
            name=op.f("uq_agenda_letters_organization_id_user_id_day"),
        ),
    )
    op.execute("alter table agenda_letters enable row level security")
    op.execute("alter table agenda_letters force row level security")
    op.execute(
        f"create policy tenant on agenda_letters using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute("grant select, insert, update on agenda_letters to conforme_api, conforme_worker")


def _make_feeds() -> None:
    op.create_table(
        "agenda_feeds",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_agenda_feeds_organization_id_organizations"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_agenda_feeds_user_id_users")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_agenda_feeds")),
        sa.UniqueConstraint(
            "organization_id", "user_id", name=op.f("uq_agenda_feeds_organization_id_user_id")
        ),
    )
    op.execute("grant select, insert, update, delete on agenda_feeds to conforme_api")
    op.execute("grant select, delete on agenda_feeds to conforme_worker")
