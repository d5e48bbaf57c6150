"""What a route declares about who may call it, when nobody in particular must."""


class Public:
    """A route's declaration that no sign-in is needed, and why."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        """Ask for nothing."""
