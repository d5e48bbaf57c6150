"""One frozen Settings, read once from the environment."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.kernel.vault import Vault, is_sealed

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


def _split(text: str | tuple[str, ...]) -> tuple[str, ...]:
    parts = text.split(",") if isinstance(text, str) else text
    return tuple(part.strip() for part in parts if part.strip())


def _address(text: str) -> SplitResult:
    """Take an address apart; its parts, the port too, are well formed."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise ValueError("it is not an address") from None  # the text may hold a password
    return parts


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers send it: `https://host`, perhaps a port."""
    parts = _address(text)
    is_web = parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in text
    return is_web and text == f"{parts.scheme}://{parts.netloc}".lower()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(BaseSettings):
    """What an operator can set; every name is an environment variable in capitals.

    The README's table of settings is checked against this class.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr = Field(description="PostgreSQL address of the API's log-in.")
    database_worker_url: SecretStr | None = Field(
        None, description="The worker's log-in; the API's when absent."
    )
    database_owner_url: SecretStr | None = Field(
        None, description="The log-in migrations use; the API's when absent."
    )
    database_backup_url: SecretStr | None = Field(
        None, description="The log-in of backups, with BYPASSRLS; the owner's when absent."
    )
    database_pool_size: int = Field(
        10, ge=1, le=100, description="Database connections of a process, at most."
    )
    secret_key: SecretStr = Field(
        min_length=32, description="Signs cursors and form nonces, peppers API keys."
    )
    encryption_key: SecretStr = Field(
        description="32 bytes in URL-safe base64; seals messages and links at rest."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where clients' links lead; no slash at the end."
    )
    front_end_url: str = Field(
        "http://127.0.0.1:3000",
        description="Where staff's front end is: invitations lead to `/invitation#token=…`,"
        " password resets to `/password-reset#token=…`, a salesperson's letters to `/agenda`;"
        " no slash at the end.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names the API answers to, comma-separated; all when empty."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Front ends allowed for every organization, comma-separated."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="How many proxies in front add to X-Forwarded-For."
    )
    smtp_host: str = Field("127.0.0.1", description="The mail relay.")
    smtp_port: int = Field(1025, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["tls", "starttls", "none"] = Field(
        "starttls", description="`tls` (465), `starttls` (587), or `none` on loopback only."
    )
    smtp_username: str | None = Field(None, description="Log-in at the relay, if it asks.")
    smtp_password: SecretStr | None = Field(
        None, description="Its password; may be sealed by the command `seal`."
    )
    smtp_private_hosts: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Let organizations name SMTP servers on private and loopback addresses.",
    )
    mail_from: str = Field(
        "documentos@conforme.example", description="Sender address of the platform's relay."
    )
    lemonway_api_key: SecretStr | None = Field(
        None,
        description="Key of the contract with Lemonway; without it nothing is paid on line. May be "
        "sealed by the command `seal`.",
    )
    lemonway_token_url: str = Field(
        "https://sandbox-api.lemonway.fr/oauth/api/v1/oauth/token",
        description="Lemonway's token endpoint.",
    )
    lemonway_directkit_url: str = Field(
        "", description="Base of DirectKit, complete, up to and without `/v2`."
    )
    lemonway_webkit_url: str = Field("", description="The card page, complete.")
    lemonway_onboarding_url: str = Field(
        "https://onboarding-api.sandbox.lemonway.com",
        description="Base of the Online Onboarding API.",
    )
    lemonway_forms_url: str = Field(
        "https://onboarding.sandbox.lemonway.com",
        description="Base of the hosted onboarding pages.",
    )
    lemonway_server_ip: str = Field(
        "127.0.0.1", description="Our public address, named where no payer's browser asks."
    )
    lemonway_profile: str = Field(
        "MERCHANT", description="The role of organizations that apply, as the contract says."
    )
    lemonway_solution_name: str | None = Field(
        None, description="Name of the solution, if the contract has one."
    )
    lemonway_hook_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="The last part of `/hooks/lemonway/…`, given to Lemonway's dashboard.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Bearer token of `/metrics`; without it, only this machine may read.",
    )
    otlp_endpoint: str | None = Field(
        None, description="Where traces go, OTLP over HTTP, such as http://host:4318/v1/traces."
    )
    trace_percent: int = Field(
        100, ge=1, le=100, description="How many of a hundred requests are traced."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged."
    )
    rate_limit_factor: int = Field(
        1, ge=1, le=1000, description="Multiplies every rate limit; the sandbox uses 10."
    )

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: dict[str, object]) -> dict[str, object]:
        for name in ("allowed_hosts", "cors_origins"):
            value = data.get(name)
            if isinstance(value, str):
                data[name] = _split(value)
        return data

    @field_validator("database_url", "database_worker_url", "database_owner_url",
                     "database_backup_url")  # fmt: skip
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = _address(value.get_secret_value())
            if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
                raise ValueError("write postgresql://user:password@host:5432/database")
        return value

    @field_validator("encryption_key")
    @classmethod
    def _seals(cls, value: SecretStr) -> SecretStr:
        Vault.from_text(value.get_secret_value())
        return value

    @field_validator("lemonway_api_key", "smtp_password")
    @classmethod
    def _is_opened(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Open what the command `seal` wrote, so that no file holds the credential itself."""
        key = info.data.get("encryption_key")
        if value is None or key is None or not is_sealed(value.get_secret_value()):
            return value
        vault = Vault.from_text(key.get_secret_value())
        return SecretStr(vault.open_text(value.get_secret_value()))

    @field_validator("public_url", "front_end_url")
    @classmethod
    def _is_where_people_go(cls, value: str) -> str:
        parts = _address(value)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError("write https://host")
        if value.endswith("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("write https://host alone, without a slash at the end")
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_a_collector(cls, value: str | None) -> str | None:
        if value is not None:
            parts = _address(value)
            if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username:
                raise ValueError("write http://host:4318/v1/traces")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(is_origin(value) for value in values):
            raise ValueError("write each as https://host, without a path or `*`")
        return values

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if any(sign in value for value in values for sign in "/:* "):
            raise ValueError("write each as a host name alone, without scheme, port or `*`")
        return values

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not _ADDRESS.fullmatch(value):
            raise ValueError("write an e-mail address alone")
        return value

    @model_validator(mode="after")
    def _relay_is_whole(self) -> Self:
        if self.smtp_security == "none" and not _is_loopback(self.smtp_host):
            raise ValueError("SMTP_SECURITY=none is for a relay on this machine; use starttls")
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("SMTP_USERNAME and SMTP_PASSWORD go together")
        return self
