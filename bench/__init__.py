"""What the operations cost, each beside a bare twin doing the same work in the same run.

`make bench` starts a PostgreSQL, a server and a twin of its own, seeds them by COPY, and
writes the table of `docs/benchmarks.md`. Absolute figures belong to the machine; the
ratios of one run are what can be compared.
"""
