"""The local stack: embedded PostgreSQL and Valkey, and the supervisor that runs the whole product."""
