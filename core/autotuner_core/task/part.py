"""What all parts of a task file share: strict types (no guessing), no unknown keys, no change after loading."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


def _without_plugins() -> None:
    """Packages that happen to be installed beside us may extend pydantic, and would see every task: what they do with
    it is not known. To look for them among all packages also took longer than to check a task."""
    nobody = ModuleType("pydantic.plugin._loader")
    nobody.get_plugins = tuple  # type: ignore[attr-defined]
    sys.modules.setdefault(nobody.__name__, nobody)


_without_plugins()


class Part(BaseModel):
    """A section of the task file."""

    # Keys such as model_name are the document's; without the last setting older pydantic warns of them.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())


def refusal(message: str, cure: str = "") -> PydanticCustomError:
    """The error a validator raises for a value that is wrong: what is wrong, and what would be right."""
    return PydanticCustomError("refused", "{message}", {"message": message, "cure": cure})


def number_or_text(value: Any) -> Any:
    """A validator for fields that take a whole number or text."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise refusal("a whole number or text belongs here")
