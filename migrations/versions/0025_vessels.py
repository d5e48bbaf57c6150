"""Vessels, their parties, and the words both are found by.

Revision: 0025.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"
MARKS = ("registration_key", "hin", "mmsi")


def upgrade() -> None:
    """Add vessels and their parties; contacts are found by the names of theirs."""
    op.execute("set local role conforme_owner")
    _make_vessels()
    _make_parties()
    _wall("vessels", "select, insert, update")
    _wall("vessel_parties", "select, insert, update, delete")
    _make_findable()
    op.add_column(
        "contacts", sa.Column("vessel_names", sa.Text(), server_default="", nullable=False)
    )
    op.alter_column("contacts", "vessel_names", server_default=None)
    op.execute("reset role")


def downgrade() -> None:
    op.drop_column("contacts", "vessel_names")
    op.execute("drop view findable_vessels")
    op.drop_table("vessel_parties")
    op.drop_table("vessels")


def _make_vessels() -> None:
    op.create_table(
        "vessels",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=True),
        sa.Column("registration_number", sa.Text(), nullable=True),
        sa.Column("registration_key", sa.Text(), nullable=True),
        sa.Column("flag_country_code", sa.Text(), nullable=True),
        sa.Column("home_port", sa.Text(), nullable=False),
        sa.Column("hin", sa.Text(), nullable=True),
        sa.Column("mmsi", sa.Text(), nullable=True),
        sa.Column("call_sign", sa.Text(), nullable=True),
        sa.Column("length_m", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("beam_m", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("draft_m", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("depth_m", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("displacement_kg", sa.BigInteger(), nullable=True),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("engines", postgresql.JSONB(), nullable=False),
        sa.Column("certificates", postgresql.JSONB(), nullable=False),
        sa.Column("insurance", postgresql.JSONB(), nullable=True),
        sa.Column("berth", sa.Text(), nullable=False),
        sa.Column("storage_place", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("allow_duplicate", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("search_name", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "words", sa.Text(), sa.Computed("folded(search_text)", persisted=True), nullable=False
        ),
        sa.CheckConstraint(
            "kind in ('sail', 'motor', 'rib', 'jet_ski', 'tender', 'other')",
            name=op.f("ck_vessels_kind"),
        ),
        sa.CheckConstraint("status in ('active', 'archived')", name=op.f("ck_vessels_status")),
        sa.CheckConstraint(
            "(registration_number is null) = (registration_key is null)",
            name=op.f("ck_vessels_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_vessels_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_vessels")),
    )
    for mark in MARKS:
        op.create_index(
            f"uq_vessels_{mark}",
            "vessels",
            ["organization_id", mark],
            unique=True,
            postgresql_where=sa.text("status = 'active' and not allow_duplicate"),
        )
    op.create_index("ix_vessels_name", "vessels", ["organization_id", "search_name", "id"])


def _make_parties() -> None:
    op.create_table(
        "vessel_parties",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vessel_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role in ('owner', 'co_owner', 'operator', 'skipper', 'payer', 'broker', "
            "'insurer', 'manager')",
            name=op.f("ck_vessel_parties_role"),
        ),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_vessel_parties_dates")),
        sa.ForeignKeyConstraint(
            ["organization_id", "vessel_id"],
            ["vessels.organization_id", "vessels.id"],
            name=op.f("fk_vessel_parties_organization_id_vessel_id_vessels"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contacts.organization_id", "contacts.id"],
            name=op.f("fk_vessel_parties_organization_id_contact_id_contacts"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_vessel_parties")),
    )
    op.create_index(
        "uq_vessel_parties_owner",
        "vessel_parties",
        ["organization_id", "vessel_id"],
        unique=True,
        postgresql_where=sa.text("role = 'owner' and valid_to is null"),
    )
    op.create_index(
        "ix_vessel_parties_vessel", "vessel_parties", ["organization_id", "vessel_id", "position"]
    )
    op.create_index(
        "ix_vessel_parties_contact",
        "vessel_parties",
        ["organization_id", "contact_id", "vessel_id"],
    )


def _make_findable() -> None:
    """Search by index past row-level security, as with contacts and documents (0008)."""
    op.execute(
        "create index ix_vessels_words on vessels using gin (organization_id, words gin_trgm_ops)"
    )
    op.execute("create policy owner_finds on vessels for select to conforme_owner using (true)")
    op.execute(
        "create view findable_vessels as"
        f" select organization_id, id, words from vessels where organization_id = {CURRENT}"
    )
    op.execute("grant select on findable_vessels to conforme_api, conforme_worker")


def _wall(table: str, rights: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy tenant on {table} using (organization_id = {CURRENT}) "
        f"with check (organization_id = {CURRENT})"
    )
    op.execute(f"grant {rights} on {table} to conforme_api, conforme_worker")
