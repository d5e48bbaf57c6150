"""Papers handed in through us: sealed here, delivered once, forgotten, judged by the provider."""

from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx
import pytest

from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.payments.enrolment import (
    AccountState,
    PaperFault,
    PaperState,
    Requirement,
    Wallet,
    WalletState,
)
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.tasks import DeliverPaper, HandleCall
from app.worker import schedules_of
from tests.factories import Json
from tests.fakes import START, FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import (
    ENROLMENT,
    a_payer,
    account_of,
    enroll,
    fresh,
    hook_of,
    refresh_account,
    wallet_of,
)
from tests.payments.test_inspecting import a_pdf, a_picture

PATH = "/v1/payment-account/documents"
REGISTRY = a_pdf(2)


@pytest.fixture
async def applied(office: Office) -> Office:
    """An organization in the middle of applying."""
    answer = await office.api.post("/v1/payment-account", json=ENROLMENT)
    assert answer.status_code == 200, answer.text
    return office


async def hand_in(
    office: Office,
    content: bytes = REGISTRY,
    kind: str = "company_registry",
    *,
    key: str | None = None,
    **fields: str,
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    file = {"file": ("C:\\Papeles\\registro.PNG", content, "image/png")}
    data = {"kind": kind, **fields}
    return await office.api.post(PATH, data=data, files=file, headers=headers)


async def paper_of(office: Office, paper: Json) -> Json:
    return dict((await office.api.get(f"{PATH}/{paper['id']}")).json())


async def tell(
    office: Office, anonymous: httpx.AsyncClient, number: str, status: str, minute: int = 5
) -> None:
    """Let the provider call about a paper (9)."""
    fields = {
        "NotifCategory": "9",
        "NotifDate": f"2026-11-24T11:{minute:02}:00.000",
        "ExtId": wallet_of(office),
        "DocId": number,
        "DocType": "7",
        "Status": status,
    }
    assert (await anonymous.post(hook_of(office), data=fields)).status_code == 200
    await do_jobs(office, HandleCall)


async def sweep(office: Office) -> int:
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.sweep"]
    await look.sweep()
    return await do_jobs(office, DeliverPaper)


async def sealed_bytes(office: Office) -> list[bytes | None]:
    url = office.container.settings.database_url.get_secret_value()
    connection = await asyncpg.connect(url)
    query = "select sealed from papers where organization_id = $1"
    try:
        return [one["sealed"] for one in await connection.fetch(query, office.organization_id)]
    finally:
        await connection.close()


async def test_a_paper_is_sealed_delivered_and_forgotten(
    applied: Office, provider: FakeProvider
) -> None:
    made = await hand_in(applied)
    assert made.status_code == 201, made.text
    paper = made.json()
    assert (paper["state"], paper["name"], paper["content_type"], paper["who_acts"]) == (
        "waiting",
        "registro.pdf",
        "application/pdf",
        None,
    )
    (sealed,) = await sealed_bytes(applied)
    assert sealed is not None
    assert REGISTRY[:40] not in sealed

    assert await do_jobs(applied, DeliverPaper) == 1
    (given,) = provider.handed_in
    assert (given.content, given.kind.value) == (REGISTRY, "company_registry")
    paper = await paper_of(applied, paper)
    assert (paper["state"], paper["who_acts"]) == ("under_review", "provider")
    assert await sealed_bytes(applied) == [None]
    assert [one["id"] for one in (await account_of(applied))["papers"]] == [paper["id"]]
    audited = (await applied.api.get("/v1/audit")).json()["data"]
    assert "paper.handed_in" in [one["action"] for one in audited]


async def test_the_same_form_again_hands_in_once(applied: Office, provider: FakeProvider) -> None:
    key = str(new_id())
    first, again = [await hand_in(applied, key=key) for _ in range(2)]
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = await hand_in(applied, a_picture(), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    known = await hand_in(applied)
    assert (known.status_code, known.json()["reason"]) == (409, "paper_known")
    assert await do_jobs(applied, DeliverPaper) == 1
    assert len(provider.handed_in) == 1


async def test_a_form_is_refused_with_what_is_wrong(applied: Office) -> None:
    async def refusal(**form: object) -> tuple[int, list[tuple[str, str]]]:
        answer = await applied.api.post(PATH, **form)  # type: ignore[arg-type]  # httpx's own names
        return answer.status_code, [
            (one["pointer"], one["code"]) for one in answer.json()["errors"]
        ]

    file = {"file": ("a.pdf", b"nothing", "application/pdf")}
    assert await refusal(data={"kind": "other"}, files=file) == (422, [("/file", "paper.format")])
    assert await refusal(data={"kind": "letter", "x": "1"}, files=file) == (
        422,
        [("/x", "extra_forbidden"), ("/kind", "paper.kind")],
    )
    assert await refusal(
        data={"kind": "other", "requirement_id": "9"}, files={"file": ("a.pdf", REGISTRY)}
    ) == (422, [("/requirement_id", "requirement.unknown")])
    assert (await applied.api.post(PATH, json={"kind": "other"})).status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await applied.api.post(PATH, content=b"--x\r\n", headers=broken)).status_code == 400
    huge = await hand_in(applied, b"%PDF-" + b"\0" * 10_060_000)
    assert huge.status_code == 413


async def test_papers_are_for_who_applied(office: Office) -> None:
    early = await hand_in(office)
    assert (early.status_code, early.json()["reason"]) == (409, "not_applied")


async def test_a_refused_paper_is_told_with_its_reason_and_replaced(
    applied: Office, anonymous: httpx.AsyncClient
) -> None:
    first = (await hand_in(applied)).json()
    await do_jobs(applied, DeliverPaper)
    await tell(applied, anonymous, "48001", "5")
    told = await account_of(applied)
    (missing,) = told["requirements"]
    assert missing == {
        "id": first["id"],
        "kind": "company_registry",
        "state": "refused",
        "reason": "Está caducado: sube uno vigente.",
        "who_acts": "organization",
        "due_date": None,
    }
    english = await applied.api.get("/v1/payment-account", headers={"Accept-Language": "en"})
    assert english.json()["requirements"][0]["reason"] == "It has expired: hand in a valid one."
    await tell(applied, anonymous, "48001", "1", minute=1)  # sent earlier, and late
    assert (await paper_of(applied, first))["state"] == "refused"

    assert (await hand_in(applied)).status_code == 201
    assert (await account_of(applied))["requirements"] == []
    notices = (await applied.api.get("/v1/notices")).json()["data"]
    (notice,) = [one for one in notices if one["kind"] == "payment_account.paper_changed"]
    assert notice["summary"] == (
        "Cobros en línea: Lemonway ha rechazado un documento: está caducado. Sube otro."
    )
    resumed = await applied.api.post("/v1/payment-account/resume")
    assert resumed.json()["onboarding_url"].startswith("https://forms.example/")


async def test_a_paper_refused_on_the_providers_pages_is_shown(
    applied: Office, anonymous: httpx.AsyncClient
) -> None:
    await tell(applied, anonymous, "51000", "1")
    assert (await account_of(applied))["papers"] == []
    await tell(applied, anonymous, "51000", "4", minute=9)
    (missing,) = (await account_of(applied))["requirements"]
    assert (missing["kind"], missing["state"]) == ("company_registry", "refused")


async def test_a_wallets_papers_are_fetched_not_believed(
    office: Office, provider: FakeProvider, anonymous: httpx.AsyncClient
) -> None:
    wallet = await enroll(office, provider)
    paper = (await hand_in(office)).json()
    await do_jobs(office, DeliverPaper)
    await tell(office, anonymous, "48001", "5")
    assert (await paper_of(office, paper))["state"] == "under_review"
    provider.judge(wallet, "48001", PaperState.REFUSED, fault=PaperFault.UNREADABLE, comment="flou")
    await tell(office, anonymous, "48001", "2", minute=6)
    told = await paper_of(office, paper)
    assert (told["state"], told["comment"], told["who_acts"]) == ("refused", "flou", "organization")
    provider.judge(wallet, "48001", PaperState.ACCEPTED, fault=None)
    await tell(office, anonymous, "48001", "2", minute=7)
    assert (await paper_of(office, paper))["state"] == "accepted"


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (GatewayUnavailable("timeout", is_in_doubt=True), "under_review"),
        (GatewayRefused(Failure.CONFIGURATION, code=120, text="key"), "under_review"),
        (GatewayRefused(Failure.INVALID, code=235, text="too big"), "refused"),
        (GatewayRefused(Failure.CONFLICT, code=341, text="present"), "refused"),
    ],
)
async def test_what_the_provider_does_not_take_is_tried_again_or_told(
    applied: Office,
    provider: FakeProvider,
    clock: FixedClock,
    failure: GatewayUnavailable | GatewayRefused,
    state: str,
) -> None:
    provider.failures.append(failure)
    paper = (await hand_in(applied)).json()
    await do_jobs(applied, DeliverPaper)
    again = state == "under_review"
    assert (await paper_of(applied, paper))["state"] == ("waiting" if again else "refused")
    assert (await sealed_bytes(applied) == [None]) is not again
    clock.advance(timedelta(minutes=6))
    assert await sweep(applied) == int(again)
    assert (await paper_of(applied, paper))["state"] == state


async def test_an_attempt_that_arrived_counts(
    applied: Office, provider: FakeProvider, clock: FixedClock
) -> None:
    provider.failures += [
        GatewayUnavailable("timeout", is_in_doubt=True),
        GatewayRefused(Failure.CONFLICT, code=241, text="under review"),
    ]
    paper = (await hand_in(applied)).json()
    await do_jobs(applied, DeliverPaper)
    clock.advance(timedelta(minutes=6))
    await sweep(applied)
    assert (await paper_of(applied, paper))["state"] == "under_review"


async def test_a_paper_nobody_takes_is_forgotten_after_a_week(
    applied: Office, provider: FakeProvider, clock: FixedClock
) -> None:
    paper = (await hand_in(applied)).json()
    clock.advance(timedelta(days=8))
    provider.failures.append(GatewayUnavailable("down"))
    await do_jobs(applied, DeliverPaper)
    told = await paper_of(applied, paper)
    assert told["reason"].startswith("Lemonway no ha contestado durante días")
    assert await sealed_bytes(applied) == [None]


async def test_pagar_follows_the_account(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    """Each state in turn, as the provider tells it; what clients see follows by itself."""
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    due = START + timedelta(days=60)
    update = Requirement("r-1", "KYC_UPDATE", "REQUESTED", due)
    account = provider.accounts[f"acc-{wallet}"]
    expired, ready = WalletState.EXPIRED, WalletState.READY
    steps: list[tuple[AccountState, WalletState, dict[str, object], bool]] = [
        (AccountState.UPDATE_REQUESTED, ready, {"requirements": (update,)}, True),
        (AccountState.BLOCKED, expired, {"restrictions": ("KYC_OUTDATED",)}, False),
        (AccountState.ACCEPTED, ready, {}, True),
        (AccountState.BLOCKED, WalletState.BLOCKED, {}, False),
        (AccountState.ACCEPTED, ready, {}, True),
        (AccountState.ACCEPTED, WalletState.LIMITED, {}, False),
        (AccountState.DENIED, ready, {}, False),
    ]
    for state, wallet_state, changes, pays in steps:
        provider.accounts[account.id] = replace(account, state=state, **changes)  # type: ignore[arg-type]  # fields by name
        provider.wallets_by_name[wallet] = Wallet(wallet, wallet_state, Money(0))
        await refresh_account(office)
        told = await account_of(office)
        assert (told["state"], told["can_receive"]) == (state.value, pays)
        assert ("pay" in (await client.see())["allowed_actions"]) is pays
        assert (await fresh(office, document))["can_pay"] is pays
        if changes.get("requirements"):
            (asked,) = told["requirements"]
            assert (asked["due_date"], asked["who_acts"]) == (
                due.date().isoformat(),
                "organization",
            )
            answer = await hand_in(office, requirement_id="r-1")
            assert answer.status_code == 201
            (asked,) = (await account_of(office))["requirements"]
            assert (asked["state"], asked["who_acts"]) == ("waiting", "provider")
    timeline = (await office.api.get("/v1/notices?limit=100")).json()["data"]
    changes_told = [one for one in timeline if one["kind"] == "payment_account.state_changed"]
    assert len(changes_told) == 2 + len(steps)
