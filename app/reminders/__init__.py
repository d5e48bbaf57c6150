"""Reminders to clients: policies, and the round that keeps them."""
