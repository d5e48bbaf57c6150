"""Reading across nouns: a client's record (ficha), and handing clients over."""
