"""FastAPI's own OpenTelemetry support, on only where we give it somewhere to send to."""

from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider


def telemetry_of(provider: TracerProvider | None) -> TelemetryConfig:
    """Trace requests with a provider; without one, not at all.

    Nothing is taken from the environment or from global providers: their spans would
    carry paths with clients' links, their logs the messages of exceptions. Figures are
    Prometheus's (`/metrics`).
    """
    return {
        "tracer_provider": provider,
        "tracing": provider is not None,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }
