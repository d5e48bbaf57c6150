"""What a client sees and does behind a link, without an account."""
