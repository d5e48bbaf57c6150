"""Contacts and documents found by their words: trigrams, accents, and views to ask.

`unaccent` looks its dictionary up as it runs, so PostgreSQL takes it for changeable and
refuses it in a generated column. `folded` names the dictionary once and for all.

Under row-level security PostgreSQL uses an index only for operators that cannot tell
what they were shown; the similarity of texts is not among them, so every search would
read every row of the organization. The two views are therefore read as the owner, who
may look, and keep to the entered organization themselves. What they give are ids; the
rows are then read as ever.

Revision: 0008.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CURRENT = "(select nullif(current_setting('app.org', true), '')::uuid)"

_FOLDED = """
create function folded(said text) returns text language sql immutable strict parallel safe
return lower(public.unaccent('public.unaccent'::regdictionary, said))
"""

_WORDS_OF_A_DOCUMENT = r"""
folded(coalesce(number || ' ' || regexp_replace(number, '[^[:alnum:]]', '', 'g') || ' ', '')
       || title)
"""


def upgrade() -> None:
    """Add the words of both tables, their indexes, and the views that search them."""
    for extension in ("pg_trgm", "unaccent", "btree_gin"):
        op.execute(f"create extension if not exists {extension} with schema public")
    op.execute("set local role conforme_owner")
    op.execute(_FOLDED)
    _add_words("contacts", "folded(search_text)")
    _add_words("documents", _WORDS_OF_A_DOCUMENT)
    op.create_index("ix_documents_total", "documents", ["organization_id", "total_minor", "id"])
    op.create_index("ix_contact_phones_number", "contact_phones", ["organization_id", "number"])
    op.create_index(
        "ix_contact_addresses_place", "contact_addresses", ["organization_id", "postal_code"]
    )
    op.execute("reset role")


def downgrade() -> None:
    op.execute("drop view findable_contacts, findable_documents")
    for table in ("contacts", "documents"):
        op.execute(f"drop policy owner_finds on {table}")
        op.drop_column(table, "words")
    op.execute("drop function folded(text)")
    op.drop_index("ix_documents_total", "documents")
    op.drop_index("ix_contact_phones_number", "contact_phones")
    op.drop_index("ix_contact_addresses_place", "contact_addresses")


def _add_words(table: str, expression: str) -> None:
    op.execute(f"alter table {table} add words text generated always as ({expression}) stored")
    op.execute(f"alter table {table} alter words set not null")
    op.execute(
        f"create index ix_{table}_words on {table}"
        " using gin (organization_id, words gin_trgm_ops)"
    )
    op.execute(f"create policy owner_finds on {table} for select to conforme_owner using (true)")
    op.execute(
        f"create view findable_{table} as"
        f" select organization_id, id, words from {table} where organization_id = {CURRENT}"
    )
    op.execute(f"grant select on findable_{table} to conforme_api, conforme_worker")
