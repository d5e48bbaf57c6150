"""Traces sent to a collector over OTLP: what took how long, and nothing a request says."""

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from typing_extensions import override

HIDDEN = "…"
TOLD = frozenset({
    "code.function.name", "http.request.method", "http.route", "http.response.status_code",
    "error.type", "network.protocol.version", "server.address", "server.port", "url.scheme",
})  # fmt: skip
"""What a span may say; `http.route` is the template, so it holds no id and no token."""


class Discretion(SpanProcessor):
    """Hides what a span begins with, unless it is known to be harmless.

    FastAPI begins a span with the path and the query as they came, and in ours stand
    clients' links and what people look for.
    """

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        for name in span.attributes or ():
            if name not in TOLD:
                span.set_attribute(name, HIDDEN)


def open_traces(endpoint: str, percent: int) -> TracerProvider:
    """Send traces to a collector, such as `http://127.0.0.1:4318/v1/traces`.

    Headers the collector asks for are read from `OTEL_EXPORTER_OTLP_HEADERS`. A collector
    that is away costs traces, never an answer.
    """
    return traces_to(OTLPSpanExporter(endpoint), percent)


def traces_to(exporter: SpanExporter, percent: int) -> TracerProvider:
    """Give the maker of spans; it has to be shut down, which sends the last ones.

    Args:
        exporter: Where spans go.
        percent: How many of a hundred requests; a caller's own wish is not asked.
    """
    provider = TracerProvider(
        sampler=TraceIdRatioBased(percent / 100),
        resource=Resource.create({SERVICE_NAME: "conforme"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(Discretion())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
