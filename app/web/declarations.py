"""What a route declares about who may call it, when nobody in particular must."""


class Public:
    """A route's declaration that no sign-in is needed, and why.

    Args:
        why: What is the authority instead.
        needs_key: Whether an Idempotency-Key is required.
    """

    def __init__(self, why: str, *, needs_key: bool = False) -> None:
        self.why = why
        self.needs_key = needs_key

    async def __call__(self) -> None:
        """Ask for nothing."""
