"""Internal notes, and the thread shared with the client."""
