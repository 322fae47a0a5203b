"""Rendering templates: in Jinja2's sandbox, strictly, with every fault told by template, line and cure.

A user's folder (`--templates DIR`) goes before the program's own, file by file. A value that could change the shape of
the YAML around it is written through `| tojson`; a template that writes one bare is refused.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.yaml_text import Quoted, quoted_value
from autotuner_core.resources import templates_folder

if TYPE_CHECKING:
    from jinja2 import Environment, TemplateError

_BARE = re.compile(r"[A-Za-z0-9_./$()+=@^,~-]*(?::[A-Za-z0-9_/.-]+)*")
"""What may stand in YAML without quotes wherever it is put: no space, no sign that opens, closes or separates."""


def render(name: str, variables: Mapping[str, Any], folder: Path | None = None) -> str:
    """The text of the template `name`. Raises ManifestError with what is wrong, where, and the cure."""
    from jinja2 import TemplateError
    from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError

    if folder is not None and not folder.is_dir():
        raise ManifestError(f"there is no folder of templates {folder}", cure="Correct --templates, or leave it out.")
    try:
        return environment(folder).get_template(name).render(**variables)
    except TemplateSyntaxError as error:
        place = f"{error.filename or error.name or name}, line {error.lineno}"
        raise ManifestError(f"{place}: {error.message}", cure="Correct the template.") from error
    except TemplateNotFound as error:
        raise ManifestError(f"there is no template {error.message or name}", cure=_LISTED) from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _told(error, name) from error
    except (OSError, RecursionError, MemoryError) as error:
        raise ManifestError(f"the template {name} cannot be rendered: {error}", cure="Correct the template.") from error


def environment(folder: Path | None = None) -> Environment:
    """The sandbox that templates are rendered in."""
    from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    folders = [folder, templates_folder()] if folder is not None else [templates_folder()]
    sandbox = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_bare,
    )
    sandbox.filters["tojson"] = _tojson
    return sandbox


def _tojson(value: Any) -> Quoted:
    from jinja2 import Undefined

    # Writing it out raises what is missing, by its name.
    return quoted_value(str(value) if isinstance(value, Undefined) else value)


class _NotBare(ValueError):
    """A value that must not stand in the text as it is."""


def _bare(value: Any) -> Any:
    if isinstance(value, (Quoted, bool, int, float)) or value is None:
        return value
    from jinja2 import Undefined

    if isinstance(value, Undefined) or (isinstance(value, str) and _BARE.fullmatch(value)):
        return value
    shown = repr(value) if len(repr(value)) < 60 else f"{repr(value)[:60]}..."
    raise _NotBare(f"{shown} would not stay one value of the YAML as it stands")


_LISTED = "The variables are listed in templates/README.md."


def _told(error: Exception, name: str) -> ManifestError:
    from jinja2.exceptions import SecurityError, UndefinedError

    file, line = next(_lines(error, name), (name, None))
    place = f"{file}, line {line}" if line else file
    if isinstance(error, UndefinedError):
        cure = f"{_LISTED} One that not every task has is asked for first: {{% if NAME is defined %}}."
    elif isinstance(error, _NotBare):
        cure = 'Write it through the filter: {{ NAME | tojson }}, or {{ ("--flag=" ~ NAME) | tojson }}.'
    elif isinstance(error, SecurityError):
        cure = "A template only writes out values; take that out of it."
    else:
        cure = "Correct the template."
    return ManifestError(f"{place}: {_message(error)}", cure=cure)


def _message(error: Exception | TemplateError) -> str:
    return str(error) or type(error).__name__


def _lines(error: Exception, name: str) -> Iterator[tuple[str, int | None]]:
    """Where in a template it happened: Jinja2 gives its frames the template's own file and line."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return ((frame.filename, frame.lineno) for frame in frames if frame.filename.endswith((".j2", name)))
