"""The QR code that fills a transfer in a bank's app (pure).

Source:
    European Payments Council 069-12, version 002: UTF-8, error correction M.
"""

from app.kernel import qr
from app.kernel.money import Money
from app.payments.movements import TransferAccount

_HOLDER_LENGTH = 70


def payload(account: TransferAccount, amount: Money, reference: str) -> str:
    """Write the lines a bank's app reads."""
    return "\n".join(
        (
            "BCD",
            "002",
            "1",
            "SCT",
            account.bic,
            account.holder[:_HOLDER_LENGTH],
            account.iban.replace(" ", ""),
            f"{amount.currency}{amount.decimal}",
            "",
            "",
            reference,
        )
    )


def qr_png(account: TransferAccount, amount: Money, reference: str) -> bytes:
    """Draw the code, black on white with its quiet zone."""
    return qr.png(payload(account, amount, reference))
