"""Run by path (see spawn.py): `python .../host/__main__.py NAME DESCRIPTOR`. NAME is for the list of processes."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # Neither this folder nor the one where the user happens to be may lend its files as modules.
    del sys.path[0]
    if (root := str(Path(__file__).resolve().parents[2])) not in sys.path:
        sys.path.append(root)
    from autotuner_tui.host.process import host_process

    sys.exit(host_process(int(sys.argv[2])))
