"""What the command line says of the cluster: held against the task before anything starts."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from autotuner_core.task.model import Task


def check_cluster_words(arguments: Namespace, task: Task) -> None:
    """Say on stderr which of them have no effect on this task. Raises UserError for a kubeconfig that is not there."""
    from autotuner_tui.headless.outlet import Outlet

    named: str | None = arguments.kubeconfig_file or arguments.kubeconfig
    given = {
        f"the kubeconfig {named}": named,
        "--context": arguments.context,
        "--namespace": arguments.namespace,
        "--direct": arguments.direct,
    }
    words = [word for word, value in given.items() if value]
    if named is not None and not Path(named).expanduser().is_file():
        raise UserError(f"there is no kubeconfig file {named}", cure="Correct it, or leave it out.")
    if words and task.backend == "local":
        verb = "has" if len(words) == 1 else "have"
        Outlet(sys.stderr).line(f"warning: {', '.join(words)} {verb} no effect: the task's backend is local")
