"""Payments under hostile schedules: one process at a time, and any of them may die."""
