"""Two organizations side by side: neither learns of the other."""
