"""A stand-in for Lemonway: its wire formats and quirks, pages a person can press, faults to order.

It shares no code with the adapter, so that neither can lie for the other. What Lemonway does
not have lives under `/_control/`; `control.py` lists it.
"""
