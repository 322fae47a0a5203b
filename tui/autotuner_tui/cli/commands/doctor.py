"""What this machine lacks for a run, and the cure.

It looks at the cluster that kubectl would use, too; with an option below at the one that is named. The exit code is 1
where something is missing without which no local run begins, or where a cluster that was named is of no use; 0
otherwise.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_tui.cli.exits import NO_WINNER, OK
from autotuner_tui.cli.options import add_access_options, add_json

if TYPE_CHECKING:
    from autotuner_tui.doctor.check import Check


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    cluster = parser.add_argument_group("cluster options")
    add_access_options(cluster, "the namespace in which runs are to make their objects (default: the context's)")
    add_json(parser)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.doctor.check import Health

    checks = list(_checks(arguments))
    if arguments.json:
        import json

        print(json.dumps({"checks": [check.to_json() for check in checks]}, indent=2))
    else:
        for check in checks:
            print(f"{check.health.value:<8} {check.name:<15} {check.found}")
            if check.cure:
                print(f"{'':<24} {check.cure}")
    return NO_WINNER if any(check.health is Health.MISSING for check in checks) else OK


def _checks(arguments: Namespace) -> Iterable[Check]:
    from autotuner_tui.doctor import cluster, load_generator, logout, machine, places, tools

    yield tools.check_python()
    yield load_generator.check_genai_bench()
    yield tools.check_bundled_engine()
    yield machine.check_gpus()
    yield machine.check_cores()
    yield machine.check_memory()
    yield machine.check_open_files()
    yield logout.check_logout()
    yield places.check_results(Path(arguments.results_dir))
    yield places.check_cache()
    yield places.check_index()
    yield tools.check_kubectl()
    yield from cluster.check_cluster(arguments)
