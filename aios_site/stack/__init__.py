"""The local stack: embedded PostgreSQL and Valkey, and the supervisor that runs them with the product's own processes."""
