"""Benchmarks: each starts its own services and a scratch database, and goes over HTTP where a user would."""
