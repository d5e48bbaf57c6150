"""What routers share: dependencies, problems, pages, idempotency, the contract."""
