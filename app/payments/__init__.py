"""Being paid: whom the provider allows it, by which way, and what became of the money."""
