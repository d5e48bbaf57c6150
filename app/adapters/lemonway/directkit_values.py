"""From DirectKit's records to our values. Success is another number in each table."""

import re
from datetime import UTC, date, datetime

from app.adapters.lemonway.directkit import (
    Document,
    Iban,
    TransactionIn,
    TransactionOut,
    TransactionP2P,
)
from app.kernel.money import Money
from app.payments.enrolment import PaperFault, PaperKind, PaperRecord, PaperState, WalletState
from app.payments.movements import (
    Method,
    MoneyIn,
    MoneyInState,
    MoneyOut,
    MoneyOutKind,
    MoneyOutState,
    PayoutAccount,
    PayoutAccountState,
    WalletTransfer,
)

MONEY_IN = {
    0: MoneyInState.SUCCEEDED,
    3: MoneyInState.FAILED,
    4: MoneyInState.PENDING,
    6: MoneyInState.FAILED,
    7: MoneyInState.CANCELLED,
    16: MoneyInState.AUTHORIZED,
}
PAYOUT = {
    0: MoneyOutState.PENDING,
    3: MoneyOutState.SUCCEEDED,
    4: MoneyOutState.FAILED,
    6: MoneyOutState.FAILED,
    7: MoneyOutState.CANCELLED,
    16: MoneyOutState.PENDING,
}
TAKEN_BACK = {
    0: MoneyOutState.SUCCEEDED,
    3: MoneyOutState.FAILED,
    4: MoneyOutState.PENDING,
    6: MoneyOutState.FAILED,
    7: MoneyOutState.CANCELLED,
}
"""Refunds and chargebacks."""
P2P_DONE = 3
WALLET = {
    2: WalletState.LIMITED,
    3: WalletState.LIMITED,
    5: WalletState.LIMITED,
    6: WalletState.READY,
    7: WalletState.READY,
    8: WalletState.EXPIRED,
    9: WalletState.BLOCKED,
    10: WalletState.BLOCKED,
    11: WalletState.BLOCKED,
    12: WalletState.CLOSED,
    13: WalletState.READY,
    14: WalletState.LIMITED,
}
IBAN = {
    4: PayoutAccountState.PENDING,
    5: PayoutAccountState.ACTIVE,
    6: PayoutAccountState.REJECTED,
    7: PayoutAccountState.REJECTED,
    8: PayoutAccountState.DISABLED,
    9: PayoutAccountState.REJECTED,
}
PAPER_TYPES = {
    PaperKind.IDENTITY_CARD: 0,
    PaperKind.PROOF_OF_ADDRESS: 1,
    PaperKind.PROOF_OF_IBAN: 2,
    PaperKind.PASSPORT: 3,
    PaperKind.FOREIGN_PASSPORT: 4,
    PaperKind.RESIDENCE_PERMIT: 5,
    PaperKind.OTHER: 6,
    PaperKind.COMPANY_REGISTRY: 7,
    PaperKind.ARTICLES_OF_ASSOCIATION: 12,
    PaperKind.BENEFICIAL_OWNERS: 14,  # 14 to 20 are slots for whatever has none of its own
    PaperKind.TAX_NOTICE: 15,
}
PAPER_KINDS = {number: kind for kind, number in PAPER_TYPES.items()}
_PAPER_STATES = {0: PaperState.WAITING, 1: PaperState.UNDER_REVIEW, 2: PaperState.ACCEPTED}
_PAPER_FAULTS = {
    4: PaperFault.UNREADABLE,
    5: PaperFault.EXPIRED,
    6: PaperFault.WRONG_TYPE,
    7: PaperFault.WRONG_NAME,
    8: PaperFault.DUPLICATE,
    11: PaperFault.DUPLICATE,
}
_BY_TRANSFER, _BY_CARD = 1, 0
_BY_BANK_PAGE = 1
_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def instant(seconds: int) -> datetime:
    """Read UTC Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds(at: datetime) -> int:
    """Write UTC Unix seconds."""
    return int(at.timestamp())


def money_in(record: TransactionIn) -> MoneyIn:
    """Translate a money-in; what the payer paid is the credit and the commission together."""
    return MoneyIn(
        transaction_id=str(record.id),
        wallet=record.receiver_account_id,
        reference=record.reference or None,
        method=_method(record),
        state=MONEY_IN.get(record.status, MoneyInState.UNKNOWN),
        amount=Money(record.credit_amount + (record.commission_amount or 0)),
        refunded=Money(int(record.refund_amount or 0)),
        text=record.comment or "",
        refusal=record.psp.message if record.psp else None,
        masked_card=record.card.masked_number if record.card else None,
        begun_at=instant(record.date),
        executed_at=instant(record.execution_date) if record.execution_date else None,
        evidence=record.model_dump_json(by_alias=True),
        origin_id=str(record.origin_id) if record.origin_id else None,
    )


def payout(record: TransactionOut) -> MoneyOut:
    """Translate a payout."""
    return _money_out(record, MoneyOutKind.PAYOUT)


def refund(record: TransactionOut) -> MoneyOut:
    """Translate a refund."""
    return _money_out(record, MoneyOutKind.REFUND)


def chargeback(record: TransactionOut) -> MoneyOut:
    """Translate a chargeback."""
    return _money_out(record, MoneyOutKind.CHARGEBACK)


def money_out(record: TransactionOut) -> MoneyOut:
    """Translate a line that may be any of the three; a refund's comment begins with the word."""
    if not record.origin_id:
        return payout(record)
    is_refund = (record.comment or "").startswith("Refund ")
    return refund(record) if is_refund else chargeback(record)


def wallet_transfer(record: TransactionP2P) -> WalletTransfer:
    """Translate a transfer between wallets."""
    return WalletTransfer(
        transaction_id=str(record.id),
        from_wallet=record.sender_account_id,
        to_wallet=record.receiver_account_id,
        amount=Money(record.debit_amount),
        is_done=record.status == P2P_DONE,
        text=record.comment or "",
        begun_at=instant(record.date),
        evidence=record.model_dump_json(by_alias=True),
    )


def payout_account(record: Iban) -> PayoutAccount:
    """Translate an IBAN; one that is not used counts as disabled."""
    state = IBAN.get(record.status, PayoutAccountState.DISABLED)
    return PayoutAccount(str(record.id), record.iban, record.holder, state)


def paper(record: Document) -> PaperRecord:
    """Translate a paper."""
    state, fault = paper_outcome(record.status)
    return PaperRecord(
        id=str(record.id),
        kind=PAPER_KINDS.get(record.type, PaperKind.OTHER),
        state=state,
        fault=fault,
        comment=record.comment or "",
        valid_until=_date(record.validity_date),
    )


def paper_outcome(status: int) -> tuple[PaperState, PaperFault | None]:
    """Tell what a paper's status means, and why it was refused."""
    if status in _PAPER_STATES:
        return _PAPER_STATES[status], None
    return PaperState.REFUSED, _PAPER_FAULTS.get(status, PaperFault.OTHER)


def _money_out(record: TransactionOut, kind: MoneyOutKind) -> MoneyOut:
    states = PAYOUT if kind is MoneyOutKind.PAYOUT else TAKEN_BACK
    return MoneyOut(
        transaction_id=str(record.id),
        wallet=record.sender_account_id,
        kind=kind,
        origin_id=str(record.origin_id) if record.origin_id else None,
        reference=record.reference or None,
        state=states.get(record.status, MoneyOutState.UNKNOWN),
        amount=Money(record.debit_amount),
        text=record.comment or "",
        begun_at=instant(record.date),
        executed_at=instant(record.execution_date) if record.execution_date else None,
        evidence=record.model_dump_json(by_alias=True),
    )


def _method(record: TransactionIn) -> Method:
    if record.method == _BY_CARD:
        return Method.CARD
    if record.method == _BY_TRANSFER:
        is_bank_page = record.method_details == _BY_BANK_PAGE
        return Method.PAY_BY_BANK if is_bank_page else Method.BANK_TRANSFER
    return Method.OTHER


def _date(text: str | None) -> date | None:
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
