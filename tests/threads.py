"""Work done at once on real connections."""

import threading
from collections.abc import Callable, Sequence

from django.db import connections


def together(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Run every job in a thread and with a connection of its own, all from one moment on; return what they returned.

    What a job raises is returned in its place, so that a test says what it expects of each.
    """
    gate = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def run(number: int) -> None:
        try:
            gate.wait(30)
            results[number] = jobs[number]()
        except BaseException as failure:
            results[number] = failure
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
