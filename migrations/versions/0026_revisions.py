"""Documents about vessels, and drafts of revisions beside what they are to replace.

A revision's draft is a document of its own with the number it will have; when it is issued,
its content becomes the next revision of the document and the draft is gone. The lines of an
issued document are frozen with its revision: between two revisions, in the transaction that
issues the later one, they are written anew.

Revision: 0026.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; no document has a vessel or a revision beside it so far."""
    op.execute("set local role conforme_owner")
    op.add_column("documents", sa.Column("vessel_id", sa.Uuid(), nullable=True))
    op.add_column("documents", sa.Column("revises_id", sa.Uuid(), nullable=True))
    _refer("vessel_id", "vessels")
    _refer("revises_id", "documents")
    _make_indexes()
    _make_constraints()
    op.add_column("document_revisions", sa.Column("draft_id", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_document_revisions_draft",
        "document_revisions",
        ["organization_id", "draft_id"],
        unique=True,
        postgresql_where=sa.text("draft_id is not null"),
    )
    op.execute(_KEEP_LINES)
    op.execute("reset role")


def downgrade() -> None:
    raise NotImplementedError("what was issued with these columns needs them")


def _refer(column: str, table: str) -> None:
    op.create_foreign_key(
        op.f(f"fk_documents_organization_id_{column}_{table}"),
        "documents",
        table,
        ["organization_id", column],
        ["organization_id", "id"],
    )


def _make_indexes() -> None:
    op.create_index(
        "ix_documents_vessel",
        "documents",
        ["organization_id", "vessel_id", "listed_on", "id"],
        postgresql_where=sa.text("vessel_id is not null"),
    )
    op.create_index(
        "uq_documents_revises",
        "documents",
        ["organization_id", "revises_id"],
        unique=True,
        postgresql_where=sa.text("revises_id is not null"),
    )
    op.drop_constraint(
        op.f("uq_documents_organization_id_type_number"), "documents", type_="unique"
    )
    op.create_index(
        "uq_documents_organization_id_type_number",
        "documents",
        ["organization_id", "type", "number"],
        unique=True,
        postgresql_where=sa.text("revises_id is null"),
    )


def _make_constraints() -> None:
    op.drop_constraint(op.f("ck_documents_number"), "documents")
    op.create_check_constraint(
        op.f("ck_documents_number"),
        "documents",
        "(issue_state = 'draft' and revises_id is null) = (number is null) and "
        "(issue_state = 'draft') = (issue_date is null) and "
        "(number is null) = (revision = 0)",
    )
    op.create_check_constraint(
        op.f("ck_documents_revises"), "documents", "revises_id is null or issue_state = 'draft'"
    )
    op.create_check_constraint(
        op.f("ck_documents_revised"), "documents", "revises_id is null or type <> 'invoice'"
    )


_KEEP_LINES = """
create or replace function keep_issued_lines() returns trigger language plpgsql as $$
declare
  line document_lines := case tg_op when 'INSERT' then new else old end;
begin
  if exists (select from documents d where d.organization_id = line.organization_id
             and d.id = line.document_id and d.issue_state <> 'draft'
             and exists (select from document_revisions r
                         where r.organization_id = d.organization_id
                           and r.document_id = d.id and r.number = d.revision)) then
    raise exception 'the lines of an issued document are frozen'
      using errcode = 'restrict_violation';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$
"""
