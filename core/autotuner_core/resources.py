"""Where the templates and examples that come with the program are: in the checkout, or in the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def templates_folder() -> Path:
    """The folder of Jinja2 templates. Raises FileNotFoundError where the installation lacks it."""
    return _folder("templates")


def examples_folder() -> Path:
    """The folder of example tasks. Raises FileNotFoundError where the installation lacks it."""
    return _folder("examples")


def examples() -> dict[str, Path]:
    """The example tasks by name (`simple_task` for simple_task.json), sorted."""
    kinds = (".json", ".yaml", ".yml")
    return {path.stem: path for path in sorted(examples_folder().iterdir()) if path.suffix in kinds}


def _folder(name: str) -> Path:
    # The checkout first: an editable install copies these folders once, and the copies go stale.
    in_checkout = _CHECKOUT / name
    if in_checkout.is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        return in_checkout
    in_package = _PACKAGE / "data" / name
    if in_package.is_dir():
        return in_package
    raise FileNotFoundError(f"the installation of autotuner-tui lacks {in_package}: install it again")
