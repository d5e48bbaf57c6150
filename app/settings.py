"""One frozen Settings, read once from the environment."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(text: str | tuple[str, ...]) -> tuple[str, ...]:
    parts = text.split(",") if isinstance(text, str) else text
    return tuple(part.strip() for part in parts if part.strip())


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
    database_pool_size: int = Field(
        5, ge=1, le=100, description="Connections kept per process; twice as many at most."
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
    smtp_password: SecretStr | None = Field(None, description="Its password.")
    mail_from: str = Field(
        "documentos@conforme.example", description="Sender address of the platform's relay."
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

    @model_validator(mode="after")
    def _public_url_has_no_slash(self) -> Self:
        if self.public_url.endswith("/"):
            raise ValueError("PUBLIC_URL ends without a slash")
        return self
