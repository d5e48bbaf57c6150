"""Online Onboarding: applicants, their forms and the papers in them."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Literal
from uuid import uuid4

from pydantic import Field, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.lemonway.analysts import Analysts
from app.sandbox.lemonway.answers import BAD_INPUT, Door, Failed, Input, read
from app.sandbox.lemonway.bank import Unknown
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.paths import FORMS, ONBOARDING
from app.sandbox.lemonway.records import Applicant
from app.sandbox.lemonway.store import Store

_PAPER_TYPES = {
    "NATIONAL_IDENTITY_CARD": 0, "PROOF_OF_ADDRESS": 1, "PASSPORT": 3, "RESIDENCE_PERMIT": 5,
    "OTHER": 6, "COMPANY_REGISTRY": 7, "ARTICLES_OF_ASSOCIATION": 12, "UBO_DOCUMENT": 14,
    "TAX_NOTICE": 15, "SHAREHOLDING_STRUCTURE_DOCUMENTATION": 16,
}  # fmt: skip


class _Country(Input):
    country: str = Field(pattern="^[A-Z]{2}$")


class _Entity(Input):
    name: str = Field(min_length=1)
    type: Literal["COMPANY", "ASSOCIATION", "SOLE_TRADER"]
    registration_number: str = ""
    registration_country: str = Field(pattern="^[A-Z]{2}$")
    registration_date: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$")


class _Person(Input):
    first_name: str
    last_name: str
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    birth_date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    birth_country: str = Field(pattern="^[A-Z]{2}$")
    address: _Country
    nationalities: list[str] = Field(min_length=1)


class _NewApplicant(Input):
    legal_entity: _Entity
    legal_representative: _Person
    profile: str
    wallet_id: str = Field("", max_length=20, pattern="^[A-Za-z0-9]*$")
    solution_name: str = ""


class _NewForm(Input):
    account_id: str
    legal_entity: _Entity
    legal_representative: _Person
    redirect_url: str = ""


class Applicants:
    """The routes of Online Onboarding."""

    def __init__(self, store: Store, papers: Papers, analysts: Analysts) -> None:
        self._store = store
        self._papers = papers
        self._analysts = analysts

    def routes(self, door: Door) -> list[Route]:
        """Give the routes; a sole trader is written in two ways."""
        return [
            Route(ONBOARDING + path, door.onboarding(handler), methods=[method])
            for method, path, handler in (
                ("POST", "/accounts/legal-entity", self.create),
                ("GET", "/accounts", self.list),
                ("GET", "/accounts/{account}", self.show),
                ("POST", "/onboardings/company", self.start_form),
                ("POST", "/onboardings/association", self.start_form),
                ("POST", "/onboardings/sole_trader", self.start_form),
                ("POST", "/onboardings/sole-trader", self.start_form),
                ("GET", "/onboardings/{form}/resume", self.resume_form),
                ("POST", "/legal-entity-onboarding/{form}/document", self.push_paper),
            )
        ]

    async def create(self, request: Request) -> Response:
        """Take an application; the same organization twice is refused."""
        wish = await read(request, _NewApplicant)
        entity, person = wish.legal_entity, wish.legal_representative
        if entity.type == "COMPANY" and not (
            entity.registration_number and entity.registration_date
        ):
            raise Failed(BAD_INPUT, "registrationNumber and registrationDate are required")
        for name in (person.first_name, person.last_name):
            if not set(name.lower()) & set("aeiouyáéíóúàèìòùü") or name.lower() == "test":
                raise Failed(BAD_INPUT, "legalRepresentative must have a real name")
        identity = f"{entity.name}|{entity.registration_number}|{entity.registration_date}"
        taken = {(one.registration, one.wallet_id) for one in self._store.applicants}
        if any(identity == known or wish.wallet_id == wallet for known, wallet in taken):
            raise Failed(BAD_INPUT, "legal entity already exists")
        applicant = Applicant(
            id=str(uuid4()),
            number=self._store.number(),
            wallet_id=wish.wallet_id or f"LW{len(self._store.applicants) + 1:06}",
            name=entity.name,
            registration=identity,
            kind=entity.type,
        )
        self._analysts.welcome(applicant)
        return JSONResponse(
            {
                "id": applicant.id,
                "status": applicant.status,
                "profileStatus": applicant.profile_status,
            },
            status_code=201,
        )

    async def list(self, request: Request) -> Response:
        """List applicants."""
        page, limit = (int(request.query_params.get(n, d)) for n, d in (("page", 1), ("limit", 20)))
        some = list(self._store.applicants)[(page - 1) * limit : page * limit]
        return JSONResponse({"data": [_shown(one) for one in some]})

    async def show(self, request: Request) -> Response:
        """Show one."""
        return JSONResponse(_shown(self._asked(request.path_params["account"])))

    async def start_form(self, request: Request) -> Response:
        """Open the hosted form."""
        wish = await read(request, _NewForm)
        applicant = self._asked(wish.account_id)
        applicant.onboarding_id = str(uuid4())
        applicant.redirect_url = wish.redirect_url
        applicant.profile_status = "INFORMATION_COLLECTION_IN_PROGRESS"
        self._store.applicants.save(applicant)
        url = _form_url(request, applicant)
        return JSONResponse({"id": applicant.onboarding_id, "url": url}, status_code=201)

    async def resume_form(self, request: Request) -> Response:
        """Give its address again."""
        applicant = self._asked(request.path_params["form"])
        return JSONResponse({"url": _form_url(request, applicant)})

    async def push_paper(self, request: Request) -> Response:
        """Take a paper of the form: multipart with `accountId`, `type` and `file`."""
        applicant = self._asked(request.path_params["form"])
        parts = _parts(request.headers.get("content-type", ""), await request.body())
        kind, file = parts.get("type"), parts.get("file")
        if kind is None or file is None or "accountId" not in parts or not file.get_filename():
            raise Failed(BAD_INPUT, "accountId, type and file are required")
        number = _PAPER_TYPES.get(_text(kind))
        if number is None:
            raise Failed(BAD_INPUT, "type is not supported")
        paper = self._papers.receive(
            applicant.wallet_id, applicant.number, number, file.get_filename("")
        )
        return JSONResponse({"documentId": str(paper.id), "status": "SUCCESS"}, status_code=201)

    def _asked(self, key: str) -> Applicant:
        try:
            return self._analysts.find(key)
        except Unknown:
            raise Failed(BAD_INPUT, "account not found") from None


def _shown(applicant: Applicant) -> dict[str, JsonValue]:
    requirements: list[JsonValue] = [{**one} for one in applicant.requirements]
    restrictions: list[JsonValue] = [{**one} for one in applicant.restrictions]
    return {
        "id": applicant.id,
        "status": applicant.status,
        "profileStatus": applicant.profile_status,
        "walletId": applicant.wallet_id,
        "legalEntity": {"name": applicant.name, "type": applicant.kind},
        "requirements": requirements,
        "restrictions": restrictions,
    }


def _form_url(request: Request, applicant: Applicant) -> str:
    return str(request.url.replace(path=f"{FORMS}/{applicant.onboarding_id}/welcome", query=""))


def _parts(content_type: str, body: bytes) -> dict[str, Message]:
    """Take a multipart form apart."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    return {
        str(part.get_param("name", header="content-disposition")): part
        for part in message.walk()
        if not part.is_multipart()
    }


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode().strip() if isinstance(content, bytes) else ""
