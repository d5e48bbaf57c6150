"""The outer wall: the only code that knows a provider or a printing library."""
