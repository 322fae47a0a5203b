"""Where the last level begins in a samples.jsonl that may be very large: found from its end."""

from __future__ import annotations

from pathlib import Path

MARK = b'{"kind":"level",'
BLOCK = 1 << 20


def last_level_offset(path: Path) -> int:
    """The offset of the last `level` line, 0 where there is none or no file. Raises OSError."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            while end > 0:
                start = max(0, end - BLOCK)
                file.seek(start)
                block = file.read(end - start + len(MARK))  # a mark may lie across two blocks
                found = block.rfind(MARK)
                if found >= 0:
                    return start + found
                end = start
    except FileNotFoundError:
        pass
    return 0
