"""Staff alerts awaiting review (anuncios pendientes de revisar)."""
