"""What DirectKit REST v2 puts on the wire; field names are theirs, capitals included.

Amounts are integer cents, instants are UTC Unix seconds. Only what we use is named; a
transaction keeps the rest for evidence.
"""

from decimal import Decimal
from typing import Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel)


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel, extra="allow")


class Acquirer(_Record):
    """The acquirer's own words, such as `05-00-05 ERR_PSP_REFUSED`."""

    message: str | None = None


class Card(_Record):
    """The card that paid."""

    masked_number: str | None = None


class _Transaction(_Record):
    id: int
    status: int
    date: int
    execution_date: int | None = None
    comment: str | None = None
    reference: str | None = None
    commission_amount: int | None = None


class TransactionIn(_Transaction):
    """Money in: the answer of a search is an array even for one id."""

    receiver_account_id: str
    credit_amount: int
    origin_id: int | None = None
    refund_amount: Decimal | None = None  # declared double; cents
    method: int
    method_details: int | None = None
    psp: Acquirer | None = Field(default=None, alias="PSP")
    card: Card | None = None


class TransactionOut(_Transaction):
    """Money out: a payout, or with `originId` what takes a money-in back."""

    sender_account_id: str
    debit_amount: int
    origin_id: int | None = None
    method: int | None = None


class TransactionP2P(_Transaction):
    """Money between wallets."""

    sender_account_id: str
    receiver_account_id: str
    debit_amount: int


class _TransactionsIn(_Wire):
    value: list[TransactionIn]


class _TransactionsOut(_Wire):
    value: list[TransactionOut]


class StatementLine(_Wire):
    """Holds exactly one of the three."""

    transaction_in: TransactionIn | None = None
    transaction_out: TransactionOut | None = None
    transaction_p2p: TransactionP2P | None = Field(default=None, alias="transactionP2P")


class _StatementLines(_Wire):
    value: list[StatementLine]


class MoneyIns(_Wire):
    """`GET /v2/moneyins` and `GET /v2/moneyins/bankwire`."""

    transactions: _TransactionsIn

    @classmethod
    def nothing(cls) -> Self:
        """Make the answer of a search that finds nothing."""
        return cls(transactions=_TransactionsIn(value=[]))


class MoneyOuts(_Wire):
    """`GET /v2/moneyouts` and `GET /v2/disputes`."""

    transactions: _TransactionsOut

    @classmethod
    def nothing(cls) -> Self:
        """Make the answer of a search that finds nothing."""
        return cls(transactions=_TransactionsOut(value=[]))


class Statement(_Wire):
    """`GET /v2/accounts/{id}/transactions`."""

    transactions: _StatementLines

    @classmethod
    def nothing(cls) -> Self:
        """Make the answer of a search that finds nothing."""
        return cls(transactions=_StatementLines(value=[]))


class MadeOut(_Wire):
    """`POST /v2/moneyouts` and `PUT /v2/refund/{id}`."""

    transaction: TransactionOut


class CardPage(_Wire):
    """`POST /v2/moneyins/card/webinit`; a second, obsolete `"id "` is not read."""

    id: int
    web_kit_token: str


class BankPage(_Wire):
    """`POST /v2/moneyins/paybybank/transfer/init`; the address is complete."""

    id: int
    redirect_url: str


class OwnIban(_Wire):
    """`POST /v2/moneyins/bankwire/iban/create`; its `status` is documented in two ways."""

    id: int
    iban: str
    bic: str
    holder: str


class Iban(_Wire):
    """One IBAN of a wallet: `type` 1 is for payouts, 2 a virtual one that receives."""

    id: int
    status: int
    iban: str
    swift: str | None = None
    holder: str
    type: int


class Ibans(_Wire):
    """`GET /v2/moneyouts/{accountid}/iban`."""

    ibans: list[Iban]


class RegisteredIban(_Wire):
    """`POST /v2/moneyouts/iban`."""

    iban_id: int
    status: int


class _AccountBody(_Wire):
    id: str
    status: int
    balance: int
    is_blocked: bool = Field(default=False, validation_alias=AliasChoices("isblocked", "isBlocked"))


class AccountRead(_Wire):
    """`GET /v2/accounts/{accountid}`."""

    account: _AccountBody


class Document(_Wire):
    """A paper; `validityDate` is `dd/mm/yyyy`."""

    id: int
    status: int
    type: int
    validity_date: str | None = None
    comment: str | None = None


class Documents(_Wire):
    """`GET /v2/accounts/{accountid}/documents`."""

    documents: list[Document]


class _Uploaded(_Wire):
    id: int
    status: int


class Upload(_Wire):
    """`POST /v2/accounts/{accountid}/documents/upload`."""

    upload_document: _Uploaded


class _Changed(_Wire):
    id: str


class Changes(_Wire):
    """`GET /v2/accounts/kycstatus`; one wallet may appear several times."""

    accounts: list[_Changed]
