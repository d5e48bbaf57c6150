"""What goes in and out about how messages leave."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.organizations.models import MailSettings
from app.web.schemas import Body, Line, View

Name = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
Address = Annotated[Line, StringConstraints(min_length=3, max_length=254)]
Host = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.:_-]{1,253}$")]
Username = Annotated[Line, StringConstraints(min_length=1, max_length=254)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[ -~]+$")]
Security = Literal["tls", "starttls", "none"]

_NAME = "Shown as the sender; whoever issued the document when null."
_REPLY_TO = "Where answers go; the organization's e-mail when null."
_FROM = "The address messages come from; your server must let you use it."


class SmtpBody(Body):
    """An SMTP server of the organization's own."""

    host: Host = Field(description="On the public network.", examples=["smtp.taller.example"])
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(
        description="25, 465, 587 or 2525.", examples=[587]
    )
    security: Security = Field(
        description="`tls` (465) or `starttls` (587); `none` on this machine only.",
        examples=["starttls"],
    )
    from_address: Address = Field(description=_FROM, examples=["facturas@taller.example"])
    username: Username | None = Field(None, examples=["facturas@taller.example"])
    password: Password | None = Field(
        None,
        description="Never shown again. Left out, the one there is stays, if host, port and "
        "user name do; null forgets it.",
        examples=["una clave de aplicación"],
    )


class MailSettingsBody(Body):
    """How messages leave, whole: what is left out goes back to how it was at first."""

    sender_name: Name | None = Field(None, description=_NAME, examples=["Taller Ejemplo"])
    reply_to: Address | None = Field(
        None, description=_REPLY_TO, examples=["oficina@taller.example"]
    )
    smtp: SmtpBody | None = Field(
        None, description="Null for the platform's own relay.", examples=[None]
    )


class SmtpView(View):
    """The organization's own server; its password is never shown."""

    host: str = Field(examples=["smtp.taller.example"])
    port: int = Field(examples=[587])
    security: str = Field(examples=["starttls"])
    from_address: str = Field(examples=["facturas@taller.example"])
    username: str | None = Field(examples=["facturas@taller.example"])
    has_password: bool


class MailSettingsView(View):
    """How messages leave."""

    transport: str = Field(description="`platform` or `smtp`.", examples=["platform"])
    sender_name: str | None = Field(description=_NAME, examples=["Taller Ejemplo"])
    reply_to: str | None = Field(description=_REPLY_TO, examples=["oficina@taller.example"])
    smtp: SmtpView | None = Field(examples=[None])
    version: int = Field(description="What If-Match takes; 0 before any change.", examples=[1])

    @classmethod
    def of(cls, row: MailSettings | None) -> "MailSettingsView":
        """From the row, or from there being none."""
        smtp = None
        if row is not None and row.smtp_host is not None:
            smtp = SmtpView(
                host=row.smtp_host,
                port=row.smtp_port or 0,
                security=row.smtp_security or "",
                from_address=row.from_address or "",
                username=row.smtp_username,
                has_password=row.smtp_password is not None,
            )
        return cls(
            transport="platform" if smtp is None else "smtp",
            sender_name=row.sender_name if row else None,
            reply_to=row.reply_to if row else None,
            smtp=smtp,
            version=row.version if row else 0,
        )


class StepView(View):
    """One step of handing a message over."""

    step: str = Field(description="`connect`, `tls`, `log_in` or `accepted`.", examples=["connect"])
    outcome: str = Field(
        description="`done`, `failed`, `not_needed` or `not_reached`.", examples=["done"]
    )
    words: str = Field(description="For people.", examples=["Conectado con smtp.taller.example."])


class MailTestView(View):
    """How the test message fared; accepted does not yet mean delivered."""

    to: str = Field(description="Your own address.", examples=["joan@taller.example"])
    is_accepted: bool
    steps: list[StepView]
