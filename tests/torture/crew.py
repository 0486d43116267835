"""`python -m tests.torture.crew FOLDER senders|bots`: a process of clients that nobody kills."""

import sys
from pathlib import Path

from tests.torture.bots import run_bots
from tests.torture.plan import Plan
from tests.torture.senders import run_senders


def main(folder: Path, part: str) -> None:
    """Run the threads of one part of the crew to their end."""
    plan = Plan.load(folder)
    threads = {"senders": run_senders, "bots": run_bots}[part](plan, folder)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
