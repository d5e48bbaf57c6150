"""Reading the events as a timeline (HISTORIAL)."""
