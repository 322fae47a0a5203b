"""`python -m autotuner_tui`: the command line."""

from __future__ import annotations

import sys

from autotuner_tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
