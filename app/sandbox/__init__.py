"""Everything a newcomer needs on one machine, for trying and for tests; never in production."""
