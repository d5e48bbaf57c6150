"""What stands behind a link, read in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.comments.models import Comment
from app.dispatch.models import Recipient
from app.documents.differing import Difference
from app.documents.models import ClientLink, Decision, Document
from app.documents.printable import Printable
from app.documents.states import Standing
from app.organizations.models import Organization
from app.payments.models import Payment


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything a client's page, in HTML or JSON, is made of.

    Attributes:
        link: Whose link it is and what it may do; its revision is the one shown.
        says: The frozen revision of the link.
        refusals: For `accept`, `reject`, `undo`, `comment`, `pay`: why not, or None.
        decision: The last answer to the link's revision, whoever gave it; None or a
            withdrawn one means pending.
        thread: The shared comments, oldest first.
        newer: The document's present revision, when the link's was replaced.
        successor: Who got that one at the same address, if it was sent there.
        changes: What the revision says otherwise than the one before, to the same client.
        payment: The last payment that is under way or succeeded, if any.
        at: The instant of reading.
    """

    organization: Organization
    document: Document
    link: ClientLink
    recipient: Recipient
    says: Printable
    pdf_sha256: str | None
    standing: Standing
    refusals: Mapping[str, str | None]
    decision: Decision | None
    thread: Sequence[Comment]
    newer: int | None
    successor: Recipient | None
    changes: Difference | None
    payment: Payment | None
    at: datetime
