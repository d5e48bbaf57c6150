"""Structured logs: one JSON object a line, on standard output, without secrets.

What is logged is chosen field by field where it is logged; tokens never are, and paths
have their secret segments hidden (`web/middleware.py`).
"""

import logging
import sys

import structlog
from structlog.typing import Processor

_NOISY = ("uvicorn", "uvicorn.error", "uvicorn.access", "sqlalchemy", "pgqueuer", "asyncio")


def configure(level: str) -> None:
    """Send our logs, and the warnings of libraries, to standard output as JSON."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(
            # Local variables hold keys, tokens and people's data.
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,  # standard output may be another one later
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
