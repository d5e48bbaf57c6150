"""Organizations, their users, sessions and API keys."""
