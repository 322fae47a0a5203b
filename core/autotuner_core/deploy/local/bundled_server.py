"""The bundled llama.cpp server, as a program: `python -m autotuner_core.deploy.local.bundled_server --model FILE ...`.

It takes llama-server's flags and serves the same HTTP interface, from the library in the wheel of xllamacpp. What
differs from llama-server's defaults, so that configurations are compared on equal terms:
- `--ctx-size` is 1024 tokens for each slot of `--parallel` (llama.cpp divides the context among the slots);
- `--cache-ram 0`: prompts are kept in the slots only, where they can be flushed (`POST /slots/N?action=erase`);
- `--fit off`: what was asked is what runs; `--metrics` is on.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autotuner_core.deploy.local.bundled_options import OPTIONS, Option

SLOTS = 4
TOKENS_PER_SLOT = 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes. Returns 1 where the engine cannot start; what it said stands above, on stderr."""
    arguments = parser().parse_args(argv)
    if not Path(arguments.model).is_file():
        return _refuse(f"model file not found: {arguments.model}", 1)
    import xllamacpp

    params = default_params(xllamacpp, arguments)
    try:
        for option, value in arguments.settings:
            set_option(params, option, value, xllamacpp)
    except ValueError as error:
        return _refuse(str(error), 2)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        return _refuse(str(error), 1)
    wait_for_a_signal(server.listening_address)
    return 0


def wait_for_a_signal(address: str) -> None:
    """Let SIGTERM and SIGINT end the process at once: there is nothing to save, and the engine's own end takes long."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    print(f"ready: {address}", file=sys.stderr, flush=True)
    while True:
        signal.pause()


def parser() -> argparse.ArgumentParser:
    """llama-server's flags. What was set is in `settings`, in order: a later flag wins over an earlier one."""
    result = argparse.ArgumentParser(prog="llama-server", usage="llama-server --model FILE [flags]", allow_abbrev=False)
    result.add_argument("-m", "--model", required=True)
    result.add_argument("-a", "--alias", default="")
    result.add_argument("--host", default="127.0.0.1")
    result.add_argument("--port", type=int, default=8080)
    result.add_argument("-c", "--ctx-size", type=_size, default=0)
    result.add_argument("-np", "--parallel", type=_count, default=SLOTS)
    result.set_defaults(settings=[])
    kinds = {"count": _count, "int": int, "float": float, "text": str}
    for option in OPTIONS:
        value: dict[str, Any] = {"nargs": 0}
        if option.kind != "switch":
            value = {"type": kinds[option.kind], "choices": option.choices or None}
        result.add_argument(*option.flags, action=_Setting, option=option, **value)
    return result


def default_params(xllamacpp: Any, arguments: argparse.Namespace) -> Any:
    """The settings that are always made. 0 tokens of context are 1024 for each slot."""
    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {arguments.alias or Path(arguments.model).stem}
    params.hostnames = [arguments.host]
    params.port = arguments.port
    params.reuse_port = True
    params.n_parallel = arguments.parallel
    params.n_ctx = arguments.ctx_size or TOKENS_PER_SLOT * arguments.parallel
    params.endpoint_metrics = True
    params.fit_params = False
    params.cache_ram_mib = 0
    params.slot_save_path = "/dev/null/"  # slots can be erased only where they could be saved
    return params


def set_option(params: Any, option: Option, value: Any, xllamacpp: Any) -> None:
    """Set one attribute. Raises ValueError where this build of the engine knows no such thing, or refuses the value."""
    if option.words:
        value = option.words[option.choices.index(value)]
    if option.enum:
        value = _member(getattr(xllamacpp, option.enum), str(value))
    target, name = params, option.attribute
    while "." in name:
        part, name = name.split(".", 1)
        target = getattr(target, part)
    if not hasattr(target, name):
        raise ValueError(f"invalid argument: {option.flags[-1]} is not known to xllamacpp {xllamacpp.__version__}")
    try:
        setattr(target, name, value)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"invalid argument: {option.flags[-1]} {value}: {error}") from error


def _member(enum: Any, word: str) -> Any:
    prefix = os.path.commonprefix([member.name for member in enum])  # noqa: RUF071 (GGML_TYPE_, ...)
    for member in enum:
        if member.name == prefix + word.upper():
            return member
    raise ValueError(f"invalid argument: no {word!r} in {enum.__name__}")


class _Setting(argparse.Action):
    def __init__(self, option: Option, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dest": "settings", "default": argparse.SUPPRESS})
        self.option = option

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _: Any = None
    ) -> None:
        value = self.option.value if self.option.kind == "switch" else values
        namespace.settings = [*namespace.settings, (self.option, value)]


def _count(text: str) -> int:
    return _whole(text, 1)


def _size(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    number = int(text)
    if not least <= number < 2**31:
        raise argparse.ArgumentTypeError(f"invalid value: {text} (from {least} to {2**31 - 1})")
    return number


def _refuse(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
