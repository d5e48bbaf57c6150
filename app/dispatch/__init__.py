"""Sending a document and knowing what became of it."""
