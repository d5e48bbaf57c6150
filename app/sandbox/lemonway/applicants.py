"""Online Onboarding: applicants, their forms, the papers in them, and the decisions."""

from datetime import timedelta
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Literal, TypeAlias
from uuid import uuid4

from pydantic import Field, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.lemonway.answers import Door, Failed, Input, read
from app.sandbox.lemonway.bank import Unknown
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.records import Applicant, Wallet
from app.sandbox.lemonway.store import Store

Decision: TypeAlias = Literal[
    "submit", "accept", "reject", "deny", "block", "unblock",
    "kyc-update", "kyc-accept", "kyc-reject", "kyc-outdated",
]  # fmt: skip

_VERIFIED, _BLOCKED, _EXPIRED = 6, 10, 8
_PAPER_TYPES = {
    "NATIONAL_IDENTITY_CARD": 0, "PROOF_OF_ADDRESS": 1, "PASSPORT": 3, "RESIDENCE_PERMIT": 5,
    "OTHER": 6, "COMPANY_REGISTRY": 7, "ARTICLES_OF_ASSOCIATION": 12, "UBO_DOCUMENT": 14,
    "TAX_NOTICE": 15, "SHAREHOLDING_STRUCTURE_DOCUMENTATION": 16,
}  # fmt: skip
_PROFILE_EVENT = {"INFORMATION_COLLECTION_IN_PROGRESS": 1, "AWAITING_INFORMATION": 1,
                  "UNDER_ANALYSIS": 2, "ACCEPTED": 3, "DENIED": 4, "REJECTED": 5}  # fmt: skip
_CREATED, _ACCEPTED, _DENIED, _STOPPED, _ASKED, _REFUSED, _RENEWED = range(1, 8)
_TIME_TO_UPDATE = timedelta(days=60)


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
    """The routes of Online Onboarding, and what its analysts decide."""

    def __init__(self, store: Store, notifier: Notifier, papers: Papers) -> None:
        self._store = store
        self._notifier = notifier
        self._papers = papers

    def routes(self, base: str, door: Door) -> list[Route]:
        """Give the routes under a base path; a sole trader is written in two ways."""
        return [
            Route(base + path, door.onboarding(handler), methods=[method])
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

    def find(self, key: str) -> Applicant:
        """Find an applicant by its id, its form's or its wallet's.

        Raises:
            Unknown: There is none.
        """
        for one in self._store.applicants:
            if key in {one.id, one.onboarding_id, one.wallet_id}:
                return one
        raise Unknown(key)

    async def create(self, request: Request) -> Response:
        """Take an application; the same organization twice is refused."""
        wish = await read(request, _NewApplicant)
        entity, person = wish.legal_entity, wish.legal_representative
        if entity.type == "COMPANY" and not (
            entity.registration_number and entity.registration_date
        ):
            raise Failed(0, "registrationNumber and registrationDate are required")
        for name in (person.first_name, person.last_name):
            if not set(name.lower()) & set("aeiouyáéíóúàèìòùü") or name.lower() == "test":
                raise Failed(0, "legalRepresentative must have a real name")
        identity = f"{entity.name}|{entity.registration_number}|{entity.registration_date}"
        taken = {(one.registration, one.wallet_id) for one in self._store.applicants}
        if any(identity == known or wish.wallet_id == wallet for known, wallet in taken):
            raise Failed(0, "legal entity already exists")
        applicant = self._store.applicants.save(
            Applicant(
                id=str(uuid4()),
                number=self._store.number(),
                wallet_id=wish.wallet_id or f"LW{len(self._store.applicants) + 1:06}",
                name=entity.name,
                registration=identity,
                kind=entity.type,
            )
        )
        self._tell_account(applicant, _CREATED)
        self._tell_profile(applicant)
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
            raise Failed(0, "accountId, type and file are required")
        number = _PAPER_TYPES.get(_text(kind))
        if number is None:
            raise Failed(0, "type is not supported")
        paper = self._papers.receive(
            applicant.wallet_id, applicant.number, number, file.get_filename("")
        )
        return JSONResponse({"documentId": str(paper.id), "status": "SUCCESS"}, status_code=201)

    def decide(self, applicant: Applicant, decision: Decision) -> None:
        """Do what an analyst does, or the applicant on the form's last page."""
        match decision:
            case "submit":
                applicant.profile_status = "UNDER_ANALYSIS"
                self._tell_profile(applicant)
            case "reject":
                applicant.profile_status = "REJECTED"
                self._tell_profile(applicant)
            case "deny":
                applicant.status = applicant.profile_status = "DENIED"
                self._tell_profile(applicant)
                self._tell_account(applicant, _DENIED)
            case "accept":
                applicant.status = applicant.profile_status = "ACCEPTED"
                self._tell_profile(applicant)
                self._tell_account(applicant, _ACCEPTED)
                self._set_wallet(applicant, _VERIFIED)
            case "block":
                applicant.status = "BLOCKED"
                self._tell_account(applicant, _STOPPED)
                self._set_wallet(applicant, _BLOCKED, is_blocked=True)
            case "unblock":
                applicant.status = "ACCEPTED"
                applicant.restrictions.clear()
                self._tell_account(applicant, _ACCEPTED)
                self._set_wallet(applicant, _VERIFIED)
            case _:
                self._update(applicant, decision)
        self._store.applicants.save(applicant)

    def _update(self, applicant: Applicant, decision: str) -> None:
        """Ask for fresh papers, take them, refuse them, or run out of patience."""
        match decision:
            case "kyc-update":
                due = self._store.now() + _TIME_TO_UPDATE
                applicant.requirements.append(
                    {
                        "id": str(uuid4()),
                        "type": "KYC_UPDATE",
                        "dueDate": due.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                        "status": "REQUESTED",
                    }
                )
                self._tell_account(applicant, _ASKED)
            case "kyc-accept":
                applicant.requirements.clear()
                applicant.restrictions.clear()
                self._tell_account(applicant, _RENEWED)
                self._set_wallet(applicant, _VERIFIED)
            case "kyc-reject":
                for one in applicant.requirements:
                    one["status"] = "REJECTED"
                self._tell_account(applicant, _REFUSED)
            case "kyc-outdated":
                applicant.restrictions.append(
                    {"id": str(uuid4()), "category": "KYC", "reason": "KYC_OUTDATED"}
                )
                self._tell_account(applicant, _STOPPED)
                self._set_wallet(applicant, _EXPIRED, is_blocked=True)

    def _set_wallet(self, applicant: Applicant, status: int, *, is_blocked: bool = False) -> None:
        wallet = self._store.wallets.find(applicant.wallet_id) or Wallet(
            id=applicant.wallet_id, number=applicant.number, name=applicant.name
        )
        wallet.status, wallet.is_blocked = status, is_blocked
        wallet.changed = self._store.seconds()
        self._store.wallets.save(wallet)
        self._notifier.tell(8, wallet.id, wallet.number, Status=status, Blocked=int(is_blocked))

    def _tell_account(self, applicant: Applicant, status: int) -> None:
        self._tell(50, applicant, status)

    def _tell_profile(self, applicant: Applicant) -> None:
        self._tell(49, applicant, _PROFILE_EVENT[applicant.profile_status])

    def _tell(self, category: int, applicant: Applicant, status: int) -> None:
        self._notifier.tell(
            category,
            applicant.wallet_id,
            applicant.number,
            EventDate=self._store.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            AccountID=applicant.number,
            ProfileID=applicant.number,
            Status=status,
        )

    def _asked(self, key: str) -> Applicant:
        try:
            return self.find(key)
        except Unknown:
            raise Failed(0, "account not found") from None


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
    return str(request.url.replace(path=f"/forms/{applicant.onboarding_id}/welcome", query=""))


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
