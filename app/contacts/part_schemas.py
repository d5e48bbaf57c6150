"""What goes in and out about the parts of a contact."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.kernel.languages import Language
from app.web.schemas import Body, Line, View

Label = Annotated[Line, StringConstraints(max_length=60)]
Short = Annotated[Line, StringConstraints(max_length=120)]
Required = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
EmailText = Annotated[Line, StringConstraints(min_length=1, max_length=254)]
PhoneText = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Country = Annotated[Line, StringConstraints(min_length=2, max_length=2)]


class AddressKind(StrEnum):
    """What an address is for; documents print the fiscal one."""

    FISCAL = "fiscal"
    BILLING = "billing"
    DELIVERY = "delivery"
    OTHER = "other"


class EmailBody(Body):
    """An e-mail address; without a primary one, the first is."""

    address: EmailText = Field(examples=["oficina@varaderosol.example"])
    label: Label = Field("", examples=["office"])
    is_primary: StrictBool = Field(default=False, examples=[True])


class PhoneBody(Body):
    """A phone number; without a prefix it is Spanish."""

    number: PhoneText = Field(examples=["+34611222333"])
    label: Label = Field("", examples=["mobile"])


class AddressBody(Body):
    """A postal address; issuing an invoice asks for a whole fiscal one."""

    kind: AddressKind = Field(examples=["fiscal"])
    street: Annotated[Line, StringConstraints(max_length=200)] = Field("", examples=["Muelle 3"])
    postal_code: Annotated[Line, StringConstraints(max_length=12)] = Field("", examples=["07001"])
    city: Short = Field("", examples=["Palma"])
    province: Short = Field(
        "",
        description="In Spain, the postcode's when left out or empty.",
        examples=["Illes Balears"],
    )
    country: Country = Field("ES", description="ISO 3166, two letters.", examples=["ES"])


class PersonBody(Body):
    """Somebody who answers for the contact."""

    id: UUID | None = Field(
        None,
        description="Of a person already there, to keep it the same person under a new name.",
        examples=[None],
    )
    name: Required = Field(examples=["Ana Ruiz"])
    job_title: Short = Field("", examples=["Gerente"])
    email: EmailText | None = Field(None, examples=["ana@varaderosol.example"])
    phone: PhoneText | None = Field(None, examples=["+34611222444"])
    language: Language | None = Field(None, description="The contact's when null.", examples=["es"])
    can_decide: StrictBool = Field(default=False, examples=[True])
    can_pay: StrictBool = Field(default=False, examples=[False])
    cc_by_default: StrictBool = Field(default=False, examples=[False])


class BankAccountBody(Body):
    """A bank account; without a default one, the first is."""

    iban: Annotated[Line, StringConstraints(min_length=1, max_length=50)] = Field(
        examples=["ES9121000418450200051332"]
    )
    holder: Short = Field("", examples=["Varadero Sol, S.L."])
    is_default: StrictBool = Field(default=False, examples=[True])


class EmailView(View):
    """An e-mail address; documents go to the primary one."""

    address: str = Field(examples=["oficina@varaderosol.example"])
    label: str = Field(examples=["office"])
    is_primary: bool


class PhoneView(View):
    """A phone number, E.164."""

    number: str = Field(examples=["+34611222333"])
    label: str = Field(examples=["mobile"])


class AddressView(View):
    """A postal address."""

    kind: str = Field(examples=["fiscal"])
    street: str = Field(examples=["Muelle 3"])
    postal_code: str = Field(examples=["07001"])
    city: str = Field(examples=["Palma"])
    province: str = Field(examples=["Illes Balears"])
    country: str = Field(examples=["ES"])


class PersonView(View):
    """Somebody who answers for the contact."""

    id: UUID
    name: str = Field(examples=["Ana Ruiz"])
    job_title: str = Field(examples=["Gerente"])
    email: str | None = Field(examples=["ana@varaderosol.example"])
    phone: str | None = Field(examples=["+34611222444"])
    language: str | None = Field(examples=["es"])
    can_decide: bool
    can_pay: bool
    cc_by_default: bool


class BankAccountView(View):
    """A bank account."""

    iban: str = Field(examples=["ES9121000418450200051332"])
    holder: str = Field(examples=["Varadero Sol, S.L."])
    is_default: bool
