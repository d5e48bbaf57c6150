"""One client's documents in the order they were made, without sorting them all.

Revision: 0009.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; a list of one client reads its page and no more."""
    op.create_index(
        "ix_documents_contact_created",
        "documents",
        ["organization_id", "contact_id", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_documents_contact_created", "documents")
