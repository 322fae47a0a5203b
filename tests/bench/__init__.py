"""Programs that measure speed, one command each: `python -m tests.bench.NAME [--json]`. Speed is never asserted in a
test: machines differ. Each prints its figures with their distribution and their rival measured in the same run."""

import sys
from pathlib import Path

# The stand-ins under tests import each other as programs and as pytest do: by their bare names.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
