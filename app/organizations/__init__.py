"""Organizations: their letterheads and settings, users, sessions and API keys."""
