"""Where Lemonway is, who we are there, and how long we wait."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Lemonway's five addresses, each complete: they differ per platform in more than a host.

    Attributes:
        token: Of the OAuth token endpoint.
        directkit: Base of the REST API, up to and without `/v2`.
        webkit: The card page, to which only a query is added.
        onboarding: Base of the Online Onboarding API.
        forms: Base of the hosted onboarding pages; the browser is sent nowhere else.

    Raises:
        ValueError: One is not https, and not on this machine either.
    """

    token: str
    directkit: str
    webkit: str
    onboarding: str
    forms: str

    def __post_init__(self) -> None:
        """Refuse to send credentials or payers over clear text."""
        for address in (self.token, self.directkit, self.webkit, self.onboarding, self.forms):
            parts = urlsplit(address)
            if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
                raise ValueError("Lemonway is reached over https only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One contract with Lemonway.

    Attributes:
        addresses: Of its environment.
        api_key: As the dashboard shows it; exchanged for tokens.
        server_ip: Named as the caller when no payer's browser asked; every call names one.
        profile: The role of the organizations that apply, as the contract says.
        solution_name: Of the contract, if Lemonway gave one.
    """

    addresses: Addresses
    api_key: str = field(repr=False)
    server_ip: str = "127.0.0.1"
    profile: str = "MERCHANT"
    solution_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much; Lemonway takes seconds for many an answer.

    Attributes:
        total_s: For one exchange, whatever it waits for.
        answer_bytes: The largest answer read.
        connections: At most at the same time; their limits count concurrent calls too.
        reads_tried: How often a read is asked; a write is asked once.
        pause_s: Before the second try of a read; doubled before each further one.
        failures_max: In a row, after which nothing is asked for `rest_s` seconds.
    """

    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 45.0
    answer_bytes: int = 4_000_000
    connections: int = 8
    reads_tried: int = 3
    pause_s: float = 0.5
    failures_max: int = 5
    rest_s: float = 30.0


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
