"""What goes in and out about the payment account."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import EmailStr, Field, StringConstraints

from app.kernel.wording import wording
from app.payments.enrolment import LegalKind, PaperState, Representative
from app.payments.models import Paper, PaymentAccount
from app.payments.paper_schemas import PaperView, reason_of
from app.web.schemas import Body, CivilDate, Instant, Line, View

Name = Annotated[Line, StringConstraints(min_length=2, max_length=120)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class RepresentativeBody(Body):
    """The person who acts for the organization by law, as in their identity card."""

    first_name: Name = Field(examples=["Ana"])
    last_name: Name = Field(examples=["Ruiz Soler"])
    email: EmailStr = Field(max_length=254, examples=["ana@varaderosol.example"])
    birth_date: CivilDate = Field(examples=["1979-05-14"])
    birth_country: Country = Field(description="ISO 3166 alpha-2.", examples=["ES"])
    country: Country = Field(description="Where they live, ISO 3166 alpha-2.", examples=["ES"])
    nationalities: Annotated[list[Country], Field(min_length=1, max_length=5)] = Field(
        examples=[["ES"]]
    )

    def value(self) -> Representative:
        """As the provider's port takes it."""
        return Representative(
            first_name=self.first_name,
            last_name=self.last_name,
            email=self.email,
            birth_date=self.birth_date,
            birth_country=self.birth_country,
            country=self.country,
            nationalities=tuple(self.nationalities),
        )


class EnrolmentBody(Body):
    """What is needed beside the organization's legal data to apply."""

    kind: LegalKind = Field(examples=["company"])
    registered_on: CivilDate | None = Field(
        None, description="Required of a company.", examples=["2009-03-02"]
    )
    representative: RepresentativeBody


class RequirementView(View):
    """Something the provider asks for."""

    id: str
    kind: str = Field(
        description="The provider's word, or the kind of a paper it refused.",
        examples=["KYC_UPDATE"],
    )
    state: str = Field(
        description="The provider's word; `waiting` or `under_review` once a paper that answers "
        "it was handed in, `refused` for a paper to be handed in again.",
        examples=["REQUESTED"],
    )
    reason: str = Field(
        description="In the reader's language.",
        examples=["Lemonway pide confirmar o renovar los papeles."],
    )
    who_acts: str = Field(description="`organization` or `provider`.", examples=["organization"])
    due_date: date | None = Field(examples=["2027-02-01"])


class PaymentAccountView(View):
    """Whether clients can pay the organization on line, and what is missing for it."""

    state: str = Field(
        description="`not_started`, `awaiting_information`, `under_analysis`, `accepted`, "
        "`update_requested`, `rejected`, `denied` or `blocked`.",
        examples=["under_analysis"],
    )
    state_text: str = Field(
        description="In the reader's language: what it means and what to do.",
        examples=["Lemonway está revisando los papeles; suele tardar 48 horas."],
    )
    can_receive: bool = Field(description="PAGAR is offered to clients.", examples=[False])
    who_acts: str | None = Field(
        description="`organization`, `provider`, or null when nothing is to be done.",
        examples=["provider"],
    )
    requirements: list[RequirementView]
    restrictions: list[str] = Field(examples=[[]])
    papers: list[PaperView] = Field(description="Handed in, newest first.")
    onboarding_url: str | None = Field(
        description="Where to go on; given only by starting and resuming.", examples=[None]
    )
    checked_at: Instant | None
    created_at: Instant | None

    @classmethod
    def of(
        cls,
        account: PaymentAccount | None,
        papers: Sequence[Paper],
        language: str,
    ) -> "PaymentAccountView":
        """From the rows; from None, an organization that has not applied."""
        texts = wording("payments", language)
        state = account.state if account else "not_started"
        return cls(
            state=state,
            state_text=texts(f"account.{state}"),
            can_receive=account.can_receive if account else False,
            who_acts=_WHO_ACTS[state],
            requirements=_requirements(account, papers, language) if account else [],
            restrictions=account.restrictions if account else [],
            papers=[PaperView.of(one, language) for one in papers],
            onboarding_url=None,
            checked_at=account.checked_at if account else None,
            created_at=account.created_at if account else None,
        )


_WHO_ACTS = {
    "not_started": "organization",
    "awaiting_information": "organization",
    "under_analysis": "provider",
    "accepted": None,
    "update_requested": "organization",
    "rejected": "organization",
    "denied": None,
    "blocked": "provider",
}


def _requirements(
    account: PaymentAccount, papers: Sequence[Paper], language: str
) -> list[RequirementView]:
    """Give what the provider asks for, and the papers it refused and nobody has replaced."""
    texts = wording("payments", language)
    shown = []
    stored = account.requirements if isinstance(account.requirements, list) else []
    answers = {one.requirement_id: one for one in reversed(papers)}
    for one in stored:
        if not isinstance(one, dict):
            continue
        kind, due, answer = str(one["kind"]), one["due_at"], answers.get(str(one["id"]))
        is_answered = answer is not None and answer.state in _WITH_PROVIDER
        key = f"requirement.{kind}"
        shown.append(
            RequirementView(
                id=str(one["id"]),
                kind=kind,
                state=answer.state if answer and is_answered else str(one["state"]),
                reason=texts(key if key in texts else "requirement.other"),
                who_acts="provider" if is_answered else "organization",
                due_date=datetime.fromisoformat(str(due)).date() if due else None,
            )
        )
    return shown + [_again(one, language) for one in _to_replace(papers)]


_WITH_PROVIDER = (PaperState.WAITING, PaperState.UNDER_REVIEW)


def _to_replace(papers: Sequence[Paper]) -> list[Paper]:
    """Give the refused papers that are the last of their kind."""
    last: dict[str, Paper] = {}
    for one in papers:
        last.setdefault(one.kind, one)
    return [one for one in last.values() if one.state == PaperState.REFUSED]


def _again(paper: Paper, language: str) -> RequirementView:
    return RequirementView(
        id=str(paper.id),
        kind=paper.kind,
        state=paper.state,
        reason=reason_of(paper, language),
        who_acts="organization",
        due_date=None,
    )
