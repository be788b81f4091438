"""The command line: `kernmesh`, or `python -m kernmesh`."""

from __future__ import annotations

import signal
import sys

from kernmesh import _kernmesh


def main() -> int:
    # The command runs outside Python, which would only note an interrupt.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return _kernmesh.command(["kernmesh", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
