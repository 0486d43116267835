"""What the stack tells its operator when it cannot go on."""


class StackError(Exception):
    """The stack cannot start or go on; the message says what to do, in one or a few lines."""


class StopRequestedError(Exception):
    """A signal asked the supervisor to stop everything."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
