"""Money received for documents: collections, refunds, and the ledger both are read from."""
