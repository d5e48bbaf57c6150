"""Contacts: whom the organization deals with, and how to reach them."""
