"""The mail adapter against relays that keep, and break, the rules."""
