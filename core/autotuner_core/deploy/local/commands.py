"""The command line and environment that start an engine on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ask import ask
from autotuner_core.deploy.local import tiny_model
from autotuner_core.deploy.local.placeholders import check_placeholders, filled_in, served_name
from autotuner_core.deploy.local.tiny_recipe import MODEL_FILE
from autotuner_core.deploy.port import LOOPBACK
from autotuner_core.engines.flags import engine_env, engine_flags
from autotuner_core.engines.profile import Profile, profile_of_task
from autotuner_core.engines.programs import INSTALL
from autotuner_core.failures import PreflightError

if TYPE_CHECKING:
    from autotuner_core.task.model import Local, Task

BUNDLED_SERVER = "autotuner_core.deploy.local.bundled_server"
HOST = LOOPBACK


class EngineCommand:
    """How the engine of a task is started, whatever its configuration. Made once per run, by `prepare`."""

    def __init__(self, task: Task, local: Local) -> None:
        self.profile: Profile | None = profile_of_task(task)
        self.engine = local.engine
        self.cold = task.benchmark.cache == "cold"
        self.flush_call = self.profile.flush if self.profile else None
        self.health_path = local.health_path or (self.profile.health_path if self.profile else "/health")
        self.served_name = served_name(task)
        self._model = task.model.name
        self._env = dict(local.env)
        self._template = list(local.command or ())
        self._extra: list[str] = []

    def prepare(self, wait: Callable[[float], None], say: Callable[[str], None]) -> None:
        """Find the program and the model; build the model where it is the tiny one. Raises PreflightError."""
        if self.profile is not None:
            self._template = list(self.profile.command)
        if self.engine in ("llama.cpp", "llama-server"):
            self._env.setdefault("GGML_NO_BACKTRACE", "1")  # else a crash waits for a debugger
        if self.engine == "llama.cpp":
            self._template[:1] = [sys.executable, "-m", BUNDLED_SERVER]
            self._env.setdefault("PYTHONSAFEPATH", "1")  # no module of the folder the run is started in
            _need_module(sys.executable, "xllamacpp", self.environment({}), 'pip install "autotuner-tui[local]"', wait)
        check_placeholders(self._template)
        self._find_program(wait)
        if self.engine in ("llama.cpp", "llama-server"):
            self._find_model(wait, say)
        if self.engine == "llama-server":
            self._extra = self._flags_for_flushing(wait)

    def argv(self, parameters: Mapping[str, Any], port: int) -> list[str]:
        """The command line of one configuration."""
        values = {
            "port": str(port), "host": HOST, "model": self._model, "served_model_name": self.served_name,
        }  # fmt: skip
        argv: list[str] = []
        for element in self._template:
            if element == "{flags}":
                argv += [*self._extra, *engine_flags(parameters, self.profile)]
            else:
                argv.append(filled_in(element, values))
        return argv

    def added_environment(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """What is added to the user's own environment: the profile's, then the task's, then the configuration's."""
        flush = self.profile.flush if self.profile and self.cold else None
        return {**(flush.env if flush else {}), **self._env, **engine_env(parameters)}

    def environment(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """The whole environment of the engine, without what is given out (GPUs)."""
        return {**os.environ, **self.added_environment(parameters)}

    def _find_program(self, wait: Callable[[float], None]) -> None:
        environment = self.environment({})
        program = self._template[0]
        if shutil.which(program, path=environment.get("PATH")) is None:
            raise PreflightError(
                f"the engine's program {program!r} is not there, or cannot be executed",
                cure=INSTALL.get(self.engine, "Correct local.command[0], or install the program."),
            )
        if self.engine == "sglang":
            _need_module(program, "sglang", environment, INSTALL["sglang"], wait)

    def _find_model(self, wait: Callable[[float], None], say: Callable[[str], None]) -> None:
        if self._model == tiny_model.NAME:
            self._model = str(tiny_model.build(say, wait) / MODEL_FILE)
        path = Path(self._model).expanduser()
        if not path.is_file():
            raise PreflightError(
                f"the model file {self._model} is not there",
                cure='Correct model.name: the path of a GGUF file, or "tiny" for the built model.',
            )
        self._model = str(path)

    def _flags_for_flushing(self, wait: Callable[[float], None]) -> list[str]:
        """llama-server empties a slot only where it could save it, and keeps prompts in memory besides the slots."""
        if not self.cold:
            return []
        command = [self._template[0], "--help"]
        try:
            said = ask(command, self.environment({}), 60, wait).text
        except OSError:
            return []
        known = (["--slot-save-path", os.devnull + "/"], ["--cache-ram", "0"])
        return [word for flag in known if flag[0] in said for word in flag]


def _need_module(
    python: str, module: str, environment: Mapping[str, str], cure: str, wait: Callable[[float], None]
) -> None:
    script = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    try:
        found = ask([python, "-c", script, module], environment, 60, wait)
    except OSError as error:
        raise PreflightError(f"{python} cannot be run: {error}", cure=cure) from error
    if found.exit_code != 0:
        raise PreflightError(f"{python} has no package {module}", cure=cure)
