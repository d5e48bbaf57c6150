"""Commercial actions: what a salesperson is to do for a client, and when (COMERCIAL)."""
