"""The HTTP server's last seconds: not ready first, then no new callers, then an end."""

import asyncio
import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI
from typing_extensions import override


class Server(uvicorn.Server):
    """Ends in order when told to.

    SIGTERM makes readiness false while requests are still taken for `drain_s`, so that a
    balancer looks away before the door closes; what is under way then finishes. A second
    signal, or SIGINT, skips the wait.
    """

    def __init__(self, app: FastAPI, config: uvicorn.Config, *, drain_s: float) -> None:
        """Serve an application.

        Args:
            app: The application; its `state.is_leaving` is what readiness looks at.
            config: How to serve it.
            drain_s: Seconds between not being ready and not answering.
        """
        super().__init__(config)
        self._app = app
        self._drain_s = drain_s
        self._loop = asyncio.get_running_loop()

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        is_second = getattr(self._app.state, "is_leaving", False)
        self._app.state.is_leaving = True
        if is_second or sig != signal.SIGTERM or not self._drain_s:
            self._leave()
        else:
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, self._leave)

    def _leave(self) -> None:
        self.should_exit = True
