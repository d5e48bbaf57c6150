"""Records as DirectKit writes them, oddities included."""

from pydantic import JsonValue

from app.sandbox.lemonway.bank import BY_CARD
from app.sandbox.lemonway.records import Iban, MoneyIn, MoneyOut, Paper, Transfer

P2P_DONE = 3


def money_in(money: MoneyIn) -> dict[str, JsonValue]:
    """Write a money-in; the credit is net of the commission, the refund a double."""
    card: JsonValue = None
    three_ds: JsonValue = None
    if money.method == BY_CARD:
        card = {
            "id": 0,
            "is3DS": money.three_ds != "NONE",
            "country": "ESP",
            "authorizationNumber": f"{money.id % 1_000_000:06}" if money.executed else "",
            "maskedNumber": money.masked_card,
            "expiration": "12/2029",
            "type": "CB/VISA/MASTERCARD",
            "isRegistered": False,
            "holderName": None,
        }
        three_ds = {"threeDSModeRequested": "No_preference", "threeDSResult": money.three_ds}
    return {
        "receiverAccountId": money.wallet_id,
        "creditAmount": money.amount - money.commission,
        "refundAmount": float(money.refunded),
        "remainingAmount": None,
        "card": card,
        "threeDS": three_ds,
        "PSP": {"message": money.refusal or None},
        "bankReference": None,
        "maskedLabel": None,
        "methodDetails": money.method_details,
        **_common(money),
        "commissionAmount": money.commission,
    }


def money_out(money: MoneyOut) -> dict[str, JsonValue]:
    """Write a money-out."""
    return {
        "senderAccountId": money.wallet_id,
        "debitAmount": money.amount,
        "IbanId": money.iban_id or None,
        "maskedLabel": None,
        "bankStatus": None,
        "PSP": {"message": None},
        "originId": money.origin_id or None,
        "methodDetails": 0,
        **_common(money),
        "commissionAmount": 0,
    }


def transfer(money: Transfer) -> dict[str, JsonValue]:
    """Write a transfer between wallets."""
    return {
        "id": money.id,
        "senderAccountId": money.sender_id,
        "receiverAccountId": money.receiver_id,
        "debitAmount": money.amount,
        "creditAmount": money.amount,
        "commissionAmount": 0,
        "date": money.date,
        "executionDate": money.date,
        "comment": money.comment,
        "reference": None,
        "method": 4,
        "status": P2P_DONE,
        "isFee": False,
    }


def iban(one: Iban) -> dict[str, JsonValue]:
    """Write an IBAN of a wallet."""
    return {
        "id": one.id,
        "status": one.status,
        "iban": one.iban,
        "swift": one.bic,
        "holder": one.holder,
        "type": one.type,
    }


def paper(one: Paper) -> dict[str, JsonValue]:
    """Write a document."""
    return {
        "id": one.id,
        "status": one.status,
        "type": one.type,
        "validityDate": "",
        "comment": one.comment,
    }


def _common(money: MoneyIn | MoneyOut) -> dict[str, JsonValue]:
    return {
        "id": money.id,
        "method": money.method,
        "date": money.date,
        "executionDate": money.executed,
        "status": money.status,
        "comment": money.comment,
        "reference": money.reference or None,
        "lemonWayCommission": {"idp2p": 0, "amount": 0},
    }
