"""Vessels: what the work is done on, whose they are, and whose they were."""
