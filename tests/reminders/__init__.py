"""Reminders to clients."""
