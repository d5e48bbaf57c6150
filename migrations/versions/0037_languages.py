"""A language is any BCP 47 tag: which there are is the catalogues' to say.

Revision: 0037.
"""

from alembic import op

revision = "0037"
down_revision = "0030"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("organizations", "default_language"),
    ("contacts", "language"),
    ("contact_persons", "language"),
    ("email_templates", "language"),
)


def upgrade() -> None:
    """Take the list of languages out of the tables."""
    op.execute("set local role conforme_owner")
    for table, column in _COLUMNS:
        _check(table, column, f"{column} ~ '^[a-z]{{2,3}}(-[A-Za-z0-9]{{2,8}})*$'")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("set local role conforme_owner")
    for table, column in _COLUMNS:
        _check(table, column, f"{column} in ('es', 'en')")
    op.execute("reset role")


def _check(table: str, column: str, rule: str) -> None:
    """Change a column's check; rows are not read, for what holds now is narrower or was asked."""
    name = f"ck_{table}_{column}"
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, rule)
