"""``python -m vamp_mm.cli.processes``: torchrun, which ends as its processes end, without a traceback of its own."""

from __future__ import annotations

import sys

from .command import command, loading

with loading():
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun


@command
def main() -> None:
    """Start the processes that the command line asks for; each of them reports its own errors."""
    try:
        torchrun()
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        code = failure.exitcode
        sys.exit(128 - code if code < 0 else code)  # as a shell reports a signal


if __name__ == '__main__':
    main()
