"""Carries the faults out, brings back what was brought down, and counts."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tests.torture.journal import Journal
from tests.torture.plan import LEASE_S, Plan
from tests.torture.product import EVERYBODY, Product
from tests.torture.schedule import Fault
from tests.torture.services import Services

# Time is moved by shifting rows. What waits for its next attempt, by a schedule that takes hours, waits no longer; not so what
# is aimed at addresses that are never called.
_REAL = "endpoint_id NOT IN (SELECT id FROM governance_webhookendpoint WHERE name LIKE 'canary%')"
_SHIFTS = (
    f"UPDATE governance_delivery SET next_attempt_at = now() WHERE state = 'pending' AND next_attempt_at > now() AND {_REAL}",
    "UPDATE governance_webhookendpoint SET paused_until = NULL WHERE paused_until IS NOT NULL",
)
_CALM_SHIFT = "UPDATE review_item SET available_at = now() WHERE state = 'received' AND available_at > now()"
# Some leases of reviews run out early.
_EXPIRE = f"UPDATE review_review SET lease_until = lease_until - interval '{LEASE_S} s' WHERE state = 'leased' AND random() < 0.25"
# Whoever holds these items is frozen: for everyone else their lease has run out.
_STALL = "UPDATE review_item SET lease_until = now() - interval '1 s' WHERE state = 'predicting'"


class Torturer:
    """Used from the main thread, between the product's steps."""

    def __init__(self, plan: Plan, services: Services, product: Product, journal: Journal, database: str) -> None:
        self._services = services
        self._product = product
        self._journal = journal
        self._database = database
        self._chance = random.Random(plan.seed ^ 0xBAD)
        self._later: list[tuple[float, Callable[[], None]]] = []
        self.spared: set[str] = set()

    def inflict(self, fault: Fault) -> bool:
        """Carry one fault out and write it down; false where it hit nothing."""
        try:
            is_hit: bool = getattr(self, f"_{fault.kind}")(fault)
        except psycopg.OperationalError:
            return False
        if is_hit:
            self._journal.write(event="fault", kind=fault.kind, target=fault.target, how=fault.how)
        return is_hit

    def keep_up(self) -> None:
        """Do what is due by now: thaw what is frozen, start what ended."""
        now = time.monotonic()
        due = [action for at, action in self._later if at <= now]
        self._later = [(at, action) for at, action in self._later if at > now]
        for action in due:
            action()
        self._product.mend()

    def relent(self) -> None:
        """Undo what lasts: nothing stays frozen or away."""
        for _at, action in self._later:
            action()
        self._later.clear()
        self._product.mend()

    def shift_schedules(self) -> None:
        """Move time on for what waits for its next attempt."""
        self._execute(*_SHIFTS, _CALM_SHIFT)

    def _kill(self, fault: Fault) -> bool:
        first = EVERYBODY.index(fault.target)
        targets = [name for name in EVERYBODY[first:] + EVERYBODY[:first] if name not in self.spared]
        return any(self._product.kill(name, fault.how if name == fault.target else "main") for name in targets)

    def _flush(self, _fault: Fault) -> bool:
        self._services.flush()
        return True

    def _kill_valkey(self, fault: Fault) -> bool:
        self._services.kill("valkey")
        self._wait(fault.seconds)
        self._services.start_one("valkey")
        return True

    def _terminate(self, _fault: Fault) -> bool:
        sql = b"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with self._services.admin(self._database) as admin:
            row = admin.execute(sql, [self._database]).fetchone()
        return row is not None and row[0] > 0

    def _kill_backend(self, _fault: Fault) -> bool:
        """Kill one server process, whereupon PostgreSQL throws everybody out and recovers."""
        with self._services.admin(self._database) as admin:
            sql = b"SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY pid"
            pids = [row[0] for row in admin.execute(sql, [self._database])]
        if not pids:
            return False
        with suppress(ProcessLookupError):
            os.kill(self._chance.choice(pids), signal.SIGKILL)
        self._wait(1.0)
        return True

    def _kill_postgres(self, fault: Fault) -> bool:
        self._services.kill("postgres")
        self._wait(fault.seconds)
        self._services.start_one("postgres")
        return True

    def _stop(self, fault: Fault) -> bool:
        if fault.target in self.spared:
            return False
        self._product.stop(fault.target)
        self._later.append((time.monotonic() + fault.seconds, lambda: self._product.go_on(fault.target)))
        return True

    def _stall(self, fault: Fault) -> bool:
        """Freeze a worker for longer than its lease: what it finishes afterwards belongs to somebody else."""
        if not self._stop(fault):
            return False
        self._execute(_STALL)
        return True

    def _shift(self, _fault: Fault) -> bool:
        self._execute(_EXPIRE, *_SHIFTS)
        return True

    def _execute(self, *statements: str) -> None:
        with suppress(psycopg.Error), self._services.admin(self._database) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.keep_up()
            time.sleep(0.05)
