"""Makes `from api_server import serving` work here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
