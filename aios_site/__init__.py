"""Wiring: settings, URLs, servers, Celery, the local stack."""
