"""Backups of the whole product in one file, and the way back from them."""
