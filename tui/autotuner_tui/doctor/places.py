"""The folders that a run writes to: results, cache, the list of runs."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from autotuner_core.run.index import index_folder
from autotuner_tui.doctor.check import Check, Health

MIB = 1024**2
LEAST_FREE = 500 * MIB


def check_results(results_dir: Path) -> Check:
    """Where runs are recorded: it must be writable and have room."""
    return _check("results folder", results_dir.absolute(), Health.MISSING, "name another with --results-dir")


def check_cache() -> Check:
    """Where the demo's model is kept."""
    return _check("cache folder", user_cache_path("autotuner-tui"), Health.WARNING, "set XDG_CACHE_HOME")


def check_index() -> Check:
    """The list of runs: without it runs are named by their folders."""
    return _check("list of runs", index_folder(), Health.WARNING, "set XDG_STATE_HOME, or name runs by their folders")


def _check(name: str, folder: Path, unwell: Health, cure: str) -> Check:
    """Try to write in the folder, or in the nearest one above it that exists. Nothing stays behind."""
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(name, unwell, f"{folder}: {error.strerror}", cure)
    found = f"{folder}, {free / MIB:,.0f} MiB free"
    if free < LEAST_FREE:
        return Check(name, Health.WARNING, found, "make room: a full disk ends a run")
    return Check(name, Health.OK, found)
