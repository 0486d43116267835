#!/usr/bin/env python3
"""Django's commands, on the stack that AIOS_HOME or the environment names."""

import os
import sys


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")
    # Numeric libraries heed it only before they are loaded. Processes are what scales; threads within one fight over cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - as above

    from aios_site.stack.environment import use_home  # noqa: PLC0415 - before the settings read the environment
    from aios_site.stack.errors import StackError  # noqa: PLC0415 - as above

    try:
        use_home(sys.argv[1] if len(sys.argv) > 1 else "")
    except StackError as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
