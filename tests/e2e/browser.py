"""The browser of the tests is the one that `manage.py bench ui` measures with."""

from aios_site.bench.chromium import chromium, find_chromium, sign_in

__all__ = ["chromium", "find_chromium", "sign_in"]
