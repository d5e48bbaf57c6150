"""What goes out about a user's calendar feed."""

from pydantic import Field

from app.commercial.models import AgendaFeed
from app.web.schemas import Instant, View


class FeedView(View):
    """Whether a calendar program can read the user's agenda."""

    is_active: bool
    created_at: Instant | None
    version: int = Field(description="What If-Match takes; 0 while there is none.", examples=[1])

    @classmethod
    def of(cls, feed: AgendaFeed | None) -> "FeedView":
        """From the row, if there is one."""
        if feed is None:
            return cls(is_active=False, created_at=None, version=0)
        return cls(is_active=True, created_at=feed.created_at, version=feed.version)


class NewFeedView(FeedView):
    """A feed with its address, which holds its secret."""

    token: str | None = Field(
        description="Shown this once; null in a repeated reply.",
        examples=["q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"],
    )
    url: str | None = Field(
        description="What to give a calendar program; shown this once, too.",
        examples=["https://app.example/v1/agenda.ics?token=q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS"],
    )
