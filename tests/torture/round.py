"""One round: a database, the product, everybody around it, the faults, the calm, and the two checks."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from aios_site.stack.process import die_with_parent, kill_group
from governance.failpoints import names
from tests.torture.journal import Journal
from tests.torture.plan import SETTLE_S, Plan, Ports
from tests.torture.product import Product
from tests.torture.progress import say
from tests.torture.schedule import schedule
from tests.torture.services import Services
from tests.torture.settle import unsettled
from tests.torture.torturer import Torturer
from tests.torture.walk import Walk

_BYSTANDERS = (["proxy"], ["receivers"], ["models"])
_CREW = (["crew", "senders"], ["crew", "bots"])
_READY_S = 90.0
# Beyond what is allowed, so that the table can say how long it took.
_LONGEST_SETTLE_S = 150.0
_LONGEST_FAREWELL_S = 90.0


def run_round(plan: Plan, services: Services, database: str, *, sabotage: str = "") -> int:
    """Run one round and return how the checker ended; what it found lies in `checked.json` in the round's folder."""
    plan.save()
    (plan.folder / "failpoints.json").write_text(json.dumps(names()))
    journal = Journal(plan.folder / "faults.jsonl")
    say(f"{plan.name}: making the cast")
    _run(plan, "prepare")
    if sabotage:
        with services.admin(database) as admin:
            admin.execute(sabotage.encode())
    say(f"{plan.name}: loading the product")
    product = Product(plan, journal)
    with ExitStack() as stack:
        for what in _BYSTANDERS:
            _start(plan, stack, *what)
        stack.callback(product.end)
        product.start_all()
        _wait_for_web(plan, product.mend)
        crew = [_start(plan, stack, *what) for what in _CREW]
        torturer = Torturer(plan, services, product, journal, database)
        say(f"{plan.name}: faults for {plan.seconds:.0f} s")
        _inflict(plan, product, torturer)
        journal.write(event="calm")
        say(f"{plan.name}: calm")
        _calm_down(plan, services, product, torturer, journal, database, crew)
    say(f"{plan.name}: checking")
    _run(plan, "rules")
    return _run(plan, "check", is_checked=False)


def free_ports() -> Ports:
    """Return ports that were free a moment ago."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(7)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        numbers = [probe.getsockname()[1] for probe in probes]
    return Ports(numbers[:2], numbers[2:4], *numbers[4:])


def _inflict(plan: Plan, product: Product, torturer: Torturer) -> None:
    faults = schedule(plan.seed, plan.seconds, plan.quota())
    walk = Walk(product, torturer.spared) if plan.has_quota else None
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < plan.seconds:
        if faults and faults[0].at <= elapsed:
            fault = faults.pop(0)
            if not torturer.inflict(fault):
                faults = sorted([*faults, replace(fault, at=elapsed + 1)], key=lambda one: one.at)
        torturer.keep_up()
        if walk is not None and elapsed > 1:
            walk.step()
        time.sleep(0.05)
    # What the machine was too slow for is made up for: the numbers are part of the promise.
    for fault in faults:
        torturer.keep_up()
        torturer.inflict(fault)
    if walk is not None:
        walk.finish()


def _calm_down(
    plan: Plan,
    services: Services,
    product: Product,
    torturer: Torturer,
    journal: Journal,
    database: str,
    crew: list["subprocess.Popen[bytes]"],
) -> None:
    """End the faults, let the clients have their last answers, and wait until everything has come to rest."""
    torturer.relent()
    plan.calm_file.touch()
    plan.stop_file.touch()
    calm = time.monotonic()
    left: dict[str, int] = {"not looked": 1}
    patience_s = _LONGEST_SETTLE_S if plan.has_quota else SETTLE_S + 1
    while left and time.monotonic() - calm < patience_s:
        product.mend()
        torturer.shift_schedules()
        time.sleep(0.5)
        is_working = any(process.poll() is None for process in crew)
        before, left = left, unsettled(services, database) | ({"clients": 1} if is_working else {})
        if left.keys() != before.keys():
            journal.write(event="settling", seconds=round(time.monotonic() - calm, 1), left=left)
    journal.write(event="settled", seconds=round(time.monotonic() - calm, 1), left=left, limit=SETTLE_S)
    for process in crew:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LONGEST_FAREWELL_S)


def _wait_for_web(plan: Plan, keep_up: Callable[[], None]) -> None:
    give_up = time.monotonic() + _READY_S
    for port in plan.ports.web:
        while True:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                break
            if time.monotonic() > give_up:
                message = f"the web processes did not answer; see {plan.folder / 'product'}"
                raise RuntimeError(message)
            keep_up()
            time.sleep(0.2)


def _start(plan: Plan, stack: ExitStack, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a process that nobody kills before the round is over."""
    parent = os.getpid()
    with (plan.folder / f"{'-'.join((module, *arguments))}.log").open("ab") as output:
        process = subprocess.Popen(
            _command(plan, module, *arguments),
            cwd=plan.product,
            env=plan.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent=parent),  # noqa: PLW1509 - one thread
        )
    stack.callback(process.wait)
    stack.callback(kill_group, process.pid)
    return process


def _run(plan: Plan, module: str, *, is_checked: bool = True) -> int:
    done = subprocess.run(
        _command(plan, module), cwd=plan.product, env=plan.environment, check=is_checked, stdin=subprocess.DEVNULL
    )
    return done.returncode


def _command(plan: Plan, module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"tests.torture.{module}", str(plan.folder), *arguments]


def findings(folder: Path) -> dict[str, object]:
    """Return what the checker wrote."""
    found: dict[str, object] = json.loads((folder / "checked.json").read_text())
    return found
