"""The model that the bundled engine serves by default: built once on this machine, kept under the user's cache.

Building needs no network. It is done in a process of its own (tiny_recipe.py), into a folder that is renamed when it is
whole; a folder's name says which recipe and which library versions it came from.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from autotuner_core.deploy.local.tiny_recipe import MODEL_FILE, TOKENIZER_FOLDER
from autotuner_core.failures import PreflightError
from autotuner_core.run.room import lack_of_room

NAME = "tiny"
"""What `model.name` is in a task that uses it."""

LIBRARIES = ("gguf", "tokenizers", "numpy")
BUILD_SECONDS = 300.0

_MANIFEST = "manifest.json"
_checked: set[Path] = set()


def model_file() -> Path:
    """The GGUF file; built first where it is not there. Raises PreflightError as `build` does."""
    return build() / MODEL_FILE


def tokenizer_folder() -> Path:
    """The tokenizer as a folder for transformers; built first where it is not there."""
    return build() / TOKENIZER_FOLDER


def build(progress: Callable[[str], None] = lambda text: None, wait: Callable[[float], None] = time.sleep) -> Path:
    """The folder of the whole model, made where it is missing or damaged. Several processes may ask at once.

    `progress` is told in words what is done; all waiting is by `wait`, which may raise to give up.
    Raises PreflightError where the libraries are missing, or the model cannot be built or stored.
    """
    folder = _folder()
    if folder in _checked and folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if not is_whole(folder):
            _build_locked(folder, progress, wait)
    except OSError as error:
        raise _not_stored(f"{error.strerror or error}: {folder.parent}") from error
    _checked.add(folder)
    return folder


def _not_stored(reason: str) -> PreflightError:
    return PreflightError(
        f"the tiny model cannot be stored: {reason}",
        cure="Make room there, or set XDG_CACHE_HOME to a folder that can be written.",
    )


def is_whole(folder: Path) -> bool:
    """Whether every file in the folder is as it was built."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest) and all(_digest(folder / name) == digest for name, digest in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False


def _folder() -> Path:
    import platformdirs

    try:
        versions = [f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES]
    except importlib.metadata.PackageNotFoundError as error:
        raise PreflightError(
            f"the bundled model needs the Python package {error.name}, which is not installed",
            cure='pip install "autotuner-tui[local]"',
        ) from error
    here = Path(__file__).parent
    content = [(here / name).read_bytes() for name in ("tiny_recipe.py", "tiny_text.txt")]
    key = hashlib.sha256(b"\0".join([*content, *(version.encode() for version in versions)])).hexdigest()[:12]
    return platformdirs.user_cache_path("autotuner-tui") / f"tiny-model-{key}"


def _build_locked(folder: Path, progress: Callable[[str], None], wait: Callable[[float], None]) -> None:
    from filelock import FileLock, Timeout

    lock = FileLock(folder.parent / "tiny-model.lock")
    deadline = time.monotonic() + BUILD_SECONDS
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            if time.monotonic() > deadline:
                raise PreflightError(
                    f"another process has held {lock.lock_file} for {BUILD_SECONDS:.0f} s",
                    cure="End that process, then try again.",
                ) from None
            wait(0.05)
    try:
        if not is_whole(folder):
            progress("Building the tiny model (once; a few seconds)")
            _clear(folder)
            _make(folder, wait)
    finally:
        lock.release()


def _make(folder: Path, wait: Callable[[float], None]) -> None:
    from autotuner_core.deploy.process import start_group

    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    partial.mkdir()
    log = partial / "build.log"
    argv = [sys.executable, "-m", "autotuner_core.deploy.local.tiny_recipe", str(partial)]
    group = start_group(argv, env=os.environ, log=log, token=f"tiny-model-{uuid.uuid4().hex}")
    try:
        deadline = time.monotonic() + BUILD_SECONDS
        while not group.wait(0) and time.monotonic() < deadline:
            wait(0.02)
        if group.exit_code != 0:
            if (lack := lack_of_room(folder.parent)) is not None:  # which the builder could not say either
                raise _not_stored(lack)
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise PreflightError(
                f"the tiny model could not be built (exit code {group.exit_code}): {said[-1] if said else 'no output'}",
                cure='Renew its libraries: pip install --upgrade "autotuner-tui[local]". '
                "Or name a GGUF file of your own as model.name.",
            )
        log.unlink()
        names = sorted(str(path.relative_to(partial)) for path in partial.rglob("*") if path.is_file())
        manifest = {name: _digest(partial / name) for name in names}
        (partial / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        partial.rename(folder)
    finally:
        group.stop(now=True)
        shutil.rmtree(partial, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Take away what is damaged and what killed builds left."""
    for old in folder.parent.glob("tiny-model-*"):
        if old.is_dir() and (old == folder or old.name.endswith(".partial")):
            shutil.rmtree(old)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
