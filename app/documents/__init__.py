"""Quotes, delivery notes, proformas and invoices: from draft to decision."""
