"""Lemonway's analysts: what they decide about an applicant, and whom they tell."""

from datetime import timedelta
from typing import Literal, TypeAlias
from uuid import uuid4

from app.sandbox.lemonway.bank import Unknown
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.records import Applicant, Wallet
from app.sandbox.lemonway.store import Store

Decision: TypeAlias = Literal[
    "submit", "accept", "reject", "deny", "block", "unblock",
    "kyc-update", "kyc-accept", "kyc-reject", "kyc-outdated",
]  # fmt: skip

_VERIFIED, _BLOCKED, _EXPIRED = 6, 10, 8
_PROFILE_EVENT = {"INFORMATION_COLLECTION_IN_PROGRESS": 1, "AWAITING_INFORMATION": 1,
                  "UNDER_ANALYSIS": 2, "ACCEPTED": 3, "DENIED": 4, "REJECTED": 5}  # fmt: skip
_CREATED, _ACCEPTED, _DENIED, _STOPPED, _ASKED, _REFUSED, _RENEWED = range(1, 8)
_TIME_TO_UPDATE = timedelta(days=60)


class Analysts:
    """Decide about applicants; notify of the profile (49), the account (50), the wallet (8)."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier

    def find(self, key: str) -> Applicant:
        """Find an applicant by its id, its form's or its wallet's.

        Raises:
            Unknown: There is none.
        """
        for one in self._store.applicants:
            if key in {one.id, one.onboarding_id, one.wallet_id}:
                return one
        raise Unknown(key)

    def welcome(self, applicant: Applicant) -> None:
        """Take a new applicant in."""
        self._store.applicants.save(applicant)
        self._tell_account(applicant, _CREATED)
        self._tell_profile(applicant)

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
