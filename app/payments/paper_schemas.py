"""What goes out about papers handed in."""

from pydantic import Field

from app.kernel.wording import wording
from app.payments.enrolment import PaperState
from app.payments.models import Paper
from app.web.schemas import Instant, View

_WHO_ACTS = {
    PaperState.WAITING.value: None,
    PaperState.UNDER_REVIEW.value: "provider",
    PaperState.ACCEPTED.value: None,
    PaperState.REFUSED.value: "organization",
}


class PaperView(View):
    """A paper handed in, here or on the provider's pages, and what became of it."""

    id: str
    requirement_id: str | None = Field(
        description="The requirement it answers, if it was said.", examples=[None]
    )
    kind: str = Field(examples=["company_registry"])
    kind_text: str = Field(
        description="In the reader's language.", examples=["Certificado del Registro Mercantil"]
    )
    state: str = Field(
        description="`waiting` until the provider has it, `under_review`, `accepted` or `refused`.",
        examples=["under_review"],
    )
    reason: str = Field(
        description="In the reader's language: what happens next, or why it was refused.",
        examples=["Lemonway lo está revisando."],
    )
    comment: str = Field(description="The provider's own words, in its language.", examples=[""])
    who_acts: str | None = Field(
        description="`organization`, `provider`, or null when nothing is to be done.",
        examples=["provider"],
    )
    name: str = Field(
        description="Empty for one handed in on the provider's pages.", examples=["registro.pdf"]
    )
    content_type: str | None = Field(examples=["application/pdf"])
    size_bytes: int | None = Field(examples=[184_320])
    sha256: str | None = Field(description="Of the file as it came.", examples=["9f86d081884c7d65"])
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    delivered_at: Instant | None = Field(description="When the provider got it.")
    decided_at: Instant | None

    @classmethod
    def of(cls, paper: Paper, language: str) -> "PaperView":
        """From the row."""
        return cls(
            id=str(paper.id),
            requirement_id=paper.requirement_id,
            kind=paper.kind,
            kind_text=wording("payments", language)(f"paper.{paper.kind}"),
            state=paper.state,
            reason=reason_of(paper, language),
            comment=paper.comment,
            who_acts=_WHO_ACTS[paper.state],
            name=paper.name,
            content_type=paper.content_type,
            size_bytes=paper.size_bytes,
            sha256=paper.sha256,
            created_by_name=paper.created_by_name,
            created_at=paper.created_at,
            delivered_at=paper.delivered_at,
            decided_at=paper.decided_at,
        )


def reason_of(paper: Paper, language: str) -> str:
    """Say why a paper was refused, or what happens with it."""
    texts = wording("payments", language)
    return texts(f"fault.{paper.fault}" if paper.fault else f"paper_state.{paper.state}")
