"""Whether this process, or the one that it was forked from, has been asked to stop.

Long work asks between two steps that each commit, so that a worker ends in seconds with nothing in its hands.
"""

import mmap

# One byte that a process shares with those it forks: Celery's main process hears the signal, its children work.
_flag = mmap.mmap(-1, 1)


class Interrupted(BaseException):
    """Work has to end now: put back what is in hand and raise it again."""


def request() -> None:
    """Ask this process, and all that it forked, to begin nothing more; may be called from a signal handler."""
    _flag[0] = 1


def is_requested() -> bool:
    """Tell whether to begin nothing more."""
    return _flag[0] == 1
