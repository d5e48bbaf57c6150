"""Messages: what is built, byte for byte."""
