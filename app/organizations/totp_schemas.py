"""What goes in and out about the second factor."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.web.schemas import Body, Line, View

Code = Annotated[Line, StringConstraints(min_length=6, max_length=40)]


class TotpView(View):
    """How the second factor of the user stands."""

    status: Literal["off", "pending", "on"] = Field(
        description="`pending` until a first code is confirmed."
    )
    recovery_codes_left: int = Field(examples=[10])
    version: int = Field(description="What If-Match takes.", examples=[1])


class TotpSecretView(View):
    """What an authenticator needs; null in a repeated reply."""

    secret: str | None = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    otpauth_uri: str | None = Field(
        description="To be shown as a QR code.",
        examples=["otpauth://totp/Conforme:marta%40taller.example?secret=JBSWY3DPEHPK3PXP"],
    )


class TotpConfirm(Body):
    """The code that the authenticator shows."""

    code: Code = Field(examples=["492039"])


class RecoveryCodesView(View):
    """Codes for the day the authenticator is lost, each used once; null in a repeated reply."""

    recovery_codes: list[str] | None = Field(examples=[["7QXK-2M4P-ZB5T-RW3J"]])
