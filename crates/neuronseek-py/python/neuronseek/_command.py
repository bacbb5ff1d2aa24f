"""The command ``neuronseek``."""

from __future__ import annotations

import signal
import sys

from neuronseek._core import command


def main() -> int:
    """Run the command with the arguments of this process; its exit code."""
    # The command listens for Ctrl-C itself and ends with the best model so far. A closed pipe is
    # its business, too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return command(["neuronseek", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
