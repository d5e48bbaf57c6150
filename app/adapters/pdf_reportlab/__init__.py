"""Printing documents and receipts as PDF with reportlab's canvas."""

from app.adapters.pdf_reportlab.printer import ReportlabPrinter

__all__ = ["ReportlabPrinter"]
