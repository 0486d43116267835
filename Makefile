# Needs Python 3.11 or later (with venv) and make; everything else is fetched into .venv.
# `make run` brings the whole product up, `make test` runs the whole suite.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

# Relative on purpose: the folder's path may contain spaces.
PY := .venv/bin/python
UV := .venv/bin/uv
UV_COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
ARGS ?=

# What `check --deploy` looks at: settings as on a server of one's own. It connects to nothing.
DEPLOYED := AIOS_DEBUG=0 AIOS_PUBLIC_URL=https://review.example.org AIOS_ALLOWED_HOSTS=review.example.org \
	AIOS_SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG \
	DATABASE_URL=postgresql://aios_app@localhost/aios REDIS_URL=redis://localhost:6379/0
QUIET := -W ignore::RuntimeWarning

# The lock that was synced last is remembered by content; the development lock contains the other one.
define sync
	@set -eu; \
	if ! test -x $(PY); then \
		rm -rf .venv; python=''; \
		for candidate in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
			if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
		done; \
		if test -z "$$python"; then \
			echo "AIOS Review needs Python 3.11 or later; found: $$(python3 --version 2>&1 || echo none). PYTHON=/path/to/python3 chooses one." >&2; exit 1; \
		fi; \
		if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
			echo "$$python has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
		fi; \
		echo "Creating .venv ..."; "$$python" -m venv .venv || { rm -rf .venv; exit 1; }; \
	fi; \
	wanted=$$(cksum < $(1)); have=$$(cat .venv/locked 2>/dev/null || true); all=$$(cksum < requirements-dev.lock); \
	if test "$$have" != "$$wanted" && test "$$have" != "$$all"; then \
		test -x $(UV) || $(PY) -m pip install --quiet --disable-pip-version-check uv; \
		echo "Installing $(1) ..."; rm -f .venv/locked; $(UV) pip sync --quiet --python $(PY) $(1); \
		printf '%s\n' "$$wanted" > .venv/locked; \
	fi
endef

.PHONY: help run test test-services torture lint bench shot messages lock audit runtime dev

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

run: runtime ## everything: services, migrations, demo, web, worker, beat, sweep (PORT, AIOS_HOME)
	@exec $(PY) manage.py up $(ARGS)

test: dev ## the whole suite, on embedded services
	@exec $(PY) -m pytest $(ARGS)

test-services: dev ## what depends on the servers, on those that DATABASE_URL and REDIS_URL name
	@test -n "$$DATABASE_URL" && test -n "$$REDIS_URL" || { echo "Set DATABASE_URL and REDIS_URL." >&2; exit 1; }
	@exec $(PY) -m pytest -m services $(ARGS)

torture: dev ## ten minutes of kills, cuts and outages, then mutations: make torture ARGS="--minutes 2 --seed 3"
	@exec $(PY) -m tests.torture $(ARGS)

lint: dev ## formatting, types, layers, settings, dependencies, dead code
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(DEPLOYED) $(PY) -m mypy .
	.venv/bin/lint-imports
	git ls-files -z --cached --others --exclude-standard -- '*.html' | xargs -0 -r .venv/bin/djade --check
	$(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING
	$(DEPLOYED) $(PY) $(QUIET) manage.py makemigrations --check --dry-run
	.venv/bin/deptry .
	$(PY) -m vulture

bench: runtime ## measure: make bench ARGS="loop --json"
	@exec $(PY) manage.py bench $(ARGS)

shot: dev ## pictures of the screens
	@exec $(PY) -m tests.e2e.shot $(ARGS)

messages: dev ## collect what is to be translated, and compile what is (needs GNU gettext)
	$(DEPLOYED) $(PY) $(QUIET) manage.py makemessages --locale de --domain django
	$(DEPLOYED) $(PY) $(QUIET) manage.py makemessages --locale de --domain djangojs
	$(DEPLOYED) $(PY) $(QUIET) manage.py compilemessages --locale de --ignore .venv

lock: dev ## resolve pyproject.toml into the two locks
	$(UV_COMPILE) pyproject.toml --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --group dev --output-file requirements-dev.lock

audit: dev ## known vulnerabilities in what is locked; fails where anything was skipped
	$(PY) -m pip_audit --strict --require-hashes --disable-pip --requirement requirements.lock
	$(PY) -m pip_audit --strict --require-hashes --disable-pip --requirement requirements-dev.lock

runtime:
	$(call sync,requirements.lock)

dev:
	$(call sync,requirements-dev.lock)
