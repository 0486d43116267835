"""The HTTP API's ground: callers, permissions, bodies, problem documents, idempotency."""
