"""Lemonway: DirectKit REST v2 for money and wallets, Online Onboarding for applicants.

The two speak differently: cents and alpha-3 countries here, euros and alpha-2 there, success
is 0, 3 or a word. Each has its own models and tables, and none is shared.
"""
