"""What the API tells about itself: its problems and its kinds of events."""

from fastapi import APIRouter, Depends
from pydantic import Field

from app.events.kinds import KINDS
from app.kernel.wording import wording
from app.web.declarations import Public
from app.web.dependencies import Language
from app.web.problems import STATUS
from app.web.routing import Route
from app.web.schemas import View

router = APIRouter(
    prefix="/v1/meta",
    tags=["meta"],
    route_class=Route,
    dependencies=[Depends(Public("Says what every organization's front end may know."))],
)


class ProblemKindView(View):
    """One kind of problem."""

    code: str = Field(examples=["validation_failed"])
    status: int = Field(description="The HTTP status it comes with.", examples=[422])
    title: str = Field(examples=["La petición no es válida"])
    description: str = Field(examples=["Corrige los campos señalados y vuelve a intentarlo."])


class ProblemKindsView(View):
    """Every kind of problem, by status."""

    data: list[ProblemKindView]


class EventKindView(View):
    """One kind of event."""

    kind: str = Field(examples=["document.accepted"])
    group: str = Field(description="How a timeline sorts it.", examples=["documents"])


class EventKindsView(View):
    """Every kind of event."""

    data: list[EventKindView]


@router.get("/problems")
async def list_problems(language: Language) -> ProblemKindsView:
    """List every problem code, with its status and a text for people.

    Codes are a closed list: programs branch on them. Texts follow Accept-Language.
    """
    texts = wording("problems", language)
    return ProblemKindsView(
        data=[
            ProblemKindView(
                code=code,
                status=status,
                title=texts(f"title.{code}"),
                description=texts(f"detail.{code}"),
            )
            for code, status in STATUS.items()
        ]
    )


@router.get("/event-kinds")
async def list_event_kinds() -> EventKindsView:
    """List every kind of event and the group a timeline shows it in.

    The list grows: treat a kind you do not know as any other event.
    """
    views = [EventKindView(kind=kind, group=group.value) for kind, group in KINDS.items()]
    return EventKindsView(data=views)
