"""Applying over the Online Onboarding API: alpha-2 countries, `YYYY-MM-DD`, words for states."""

from contextlib import suppress

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel
from pydantic.types import AwareDatetime

from app.adapters.lemonway.access import Access
from app.adapters.lemonway.client import Call, Client, segment
from app.payments.enrolment import (
    Account,
    AccountState,
    Application,
    HostedForm,
    LegalKind,
    Paper,
    PaperKind,
    Requirement,
)
from app.payments.ports import Failure, GatewayError, GatewayRefused, GatewayUnavailable

PAGE_SIZE = 100

_KINDS = {
    LegalKind.COMPANY: "COMPANY",
    LegalKind.ASSOCIATION: "ASSOCIATION",
    LegalKind.SOLE_TRADER: "SOLE_TRADER",
}
_FORMS = {
    LegalKind.COMPANY: ("company",),
    LegalKind.ASSOCIATION: ("association",),
    LegalKind.SOLE_TRADER: ("sole_trader", "sole-trader"),  # documented in both spellings
}
_PAPERS = {
    PaperKind.IDENTITY_CARD: "NATIONAL_IDENTITY_CARD",
    PaperKind.PASSPORT: "PASSPORT",
    PaperKind.FOREIGN_PASSPORT: "PASSPORT",
    PaperKind.RESIDENCE_PERMIT: "RESIDENCE_PERMIT",
    PaperKind.PROOF_OF_ADDRESS: "PROOF_OF_ADDRESS",
    PaperKind.PROOF_OF_IBAN: "OTHER",
    PaperKind.COMPANY_REGISTRY: "COMPANY_REGISTRY",
    PaperKind.ARTICLES_OF_ASSOCIATION: "ARTICLES_OF_ASSOCIATION",
    PaperKind.BENEFICIAL_OWNERS: "UBO_DOCUMENT",
    PaperKind.TAX_NOTICE: "TAX_NOTICE",
    PaperKind.OTHER: "OTHER",
}
_BY_PROFILE = {
    "UNDER_ANALYSIS": AccountState.UNDER_ANALYSIS,
    "ACCEPTED": AccountState.UNDER_ANALYSIS,  # until the account itself is, there is no wallet
    "REJECTED": AccountState.REJECTED,
    "DENIED": AccountState.DENIED,
}
_BY_ACCOUNT = {
    "ACCEPTED": AccountState.ACCEPTED,
    "DENIED": AccountState.DENIED,
    "BLOCKED": AccountState.BLOCKED,
}


class _Wire(BaseModel):
    # Ids are UUIDs on one page of theirs and numbers on another.
    model_config = ConfigDict(alias_generator=to_camel, coerce_numbers_to_str=True)


class _Requirement(_Wire):
    id: str
    type: str
    status: str
    due_date: AwareDatetime | None = None


class _Restriction(_Wire):
    reason: str


class _Account(_Wire):
    """An applicant; while its form is open only what was given at creation is there."""

    id: str
    status: str
    profile_status: str = ""
    wallet_id: str | None = None
    requirements: list[_Requirement] = []
    restrictions: list[_Restriction] = []


class _Accounts(_Wire):
    data: list[_Account]


class _Form(_Wire):
    id: str
    url: str


class _Resumed(_Wire):
    url: str


class _Document(_Wire):
    document_id: str
    status: str


class LemonwayOnboarding:
    """An `OnboardingGateway`."""

    def __init__(self, client: Client, access: Access) -> None:
        """Take Online Onboarding's client and the terms of the contract."""
        self._client = client
        self._access = access

    async def open_account(self, application: Application) -> Account:
        """Apply. Applying twice is refused, so after a refusal or a doubt the first is sought."""
        body: dict[str, JsonValue] = {
            "legalEntity": _entity(application),
            "legalRepresentative": _representative(application),
            "profile": self._access.profile,
            "walletId": application.wallet,
        }
        if self._access.solution_name is not None:
            body["solutionName"] = self._access.solution_name
        call = Call(method="POST", path="/accounts/legal-entity", body=body)
        try:
            return _account(await self._client.ask(call, _Account))
        except GatewayError:
            with suppress(GatewayError):
                known = await self._find(application.wallet)
                if known is not None:
                    return known
            raise

    async def start_form(
        self, account_id: str, application: Application, return_url: str
    ) -> HostedForm:
        """Open the form of the applicant's kind."""
        body: dict[str, JsonValue] = {
            "accountId": account_id,
            "redirectUrl": return_url,
            "legalEntity": _entity(application),
            "legalRepresentative": _representative(application),
        }
        spelling, *others = _FORMS[application.entity.kind]
        try:
            return await self._start(spelling, body)
        except GatewayRefused as refused:
            if refused.failure is not Failure.NOT_FOUND or not others:
                raise
            return await self._start(others[0], body)

    async def resume_form(self, onboarding_id: str) -> str:
        """Give a fresh address."""
        call = Call(method="GET", path=f"/onboardings/{segment(onboarding_id)}/resume")
        return self._require_hosted((await self._client.ask(call, _Resumed)).url)

    async def hand_in(self, account_id: str, onboarding_id: str, paper: Paper) -> str:
        """Push a paper into the form."""
        call = Call(
            method="POST",
            path=f"/legal-entity-onboarding/{segment(onboarding_id)}/document",
            form={"accountId": account_id, "type": _PAPERS[paper.kind]},
            upload=(paper.name, paper.content, paper.content_type),
        )
        document = await self._client.ask(call, _Document)
        if document.status != "SUCCESS":
            raise GatewayRefused(Failure.INVALID, text=f"the paper is {document.status}")
        return document.document_id

    async def fetch_account(self, account_id: str) -> Account:
        """Fetch an applicant."""
        call = Call(method="GET", path=f"/accounts/{segment(account_id)}")
        return _account(await self._client.ask(call, _Account))

    async def _start(self, kind: str, body: dict[str, JsonValue]) -> HostedForm:
        call = Call(method="POST", path=f"/onboardings/{kind}", body=body)
        form = await self._client.ask(call, _Form)
        return HostedForm(form.id, self._require_hosted(form.url))

    async def _find(self, wallet: str) -> Account | None:
        page = 1
        while True:
            query = {"page": page, "limit": PAGE_SIZE}
            call = Call(method="GET", path="/accounts", query=query)
            some = (await self._client.ask(call, _Accounts)).data
            for one in some:
                if one.wallet_id == wallet:
                    return _account(one)
            if len(some) < PAGE_SIZE:
                return None
            page += 1

    def _require_hosted(self, url: str) -> str:
        """Send nobody to an address that is not Lemonway's."""
        if not url.startswith(self._access.addresses.forms.rstrip("/") + "/"):
            raise GatewayUnavailable("the form is at an address that is not configured")
        return url


def _entity(application: Application) -> dict[str, JsonValue]:
    entity = application.entity
    fields: dict[str, JsonValue] = {
        "name": entity.name,
        "type": _KINDS[entity.kind],
        "registrationNumber": entity.tax_id,
        "registrationCountry": entity.country,
    }
    if entity.registered_on is not None:
        fields["registrationDate"] = entity.registered_on.isoformat()
    return fields


def _representative(application: Application) -> dict[str, JsonValue]:
    person = application.representative
    return {
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "birthDate": person.birth_date.isoformat(),
        "birthCountry": person.birth_country,
        "address": {"country": person.country},
        "nationalities": list(person.nationalities),
    }


def _account(record: _Account) -> Account:
    requirements = tuple(
        Requirement(one.id, one.type, one.status, one.due_date) for one in record.requirements
    )
    restrictions = tuple(one.reason for one in record.restrictions)
    return Account(
        id=record.id,
        state=_state(record),
        requirements=requirements,
        restrictions=restrictions,
    )


def _state(record: _Account) -> AccountState:
    state = _BY_ACCOUNT.get(record.status) or _BY_PROFILE.get(record.profile_status)
    if state is not AccountState.ACCEPTED:
        return state or AccountState.AWAITING_INFORMATION
    if record.restrictions:
        return AccountState.BLOCKED
    is_open = any(one.status != "ACCEPTED" for one in record.requirements)
    return AccountState.UPDATE_REQUESTED if is_open else AccountState.ACCEPTED
