"""`python -m tests.cluster setup|up|down|shell`: a real Kubernetes cluster on this machine."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from . import build, lacking, lifecycle, ome_part, packages
from .cluster import Cluster
from .errors import SETUP, ClusterError
from .places import DEFAULT_NAME, Place
from .settings import OME_VERSIONS

HELP = {
    "setup": "install packages and build the programs (once; minutes when cold, a second when all is there)",
    "up": "bring a cluster up (10 s), anew where it is up already; prints how to use it",
    "down": "take a cluster down, or what a killed one left; nothing of it stays",
    "shell": "a shell with kubectl and KUBECONFIG for a cluster that is up; a COMMAND behind -- runs in it instead",
}


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0, or 1 with the reason on stderr."""
    arguments = _parser().parse_args(words)
    try:
        return {"setup": _setup, "up": _up, "down": _down, "shell": _shell}[arguments.command](arguments)
    except (ClusterError, ValueError) as error:
        print(f"test cluster: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="setup|up|down|shell")
    for name, text in HELP.items():
        command = commands.add_parser(name, help=text, description=text)
        if name != "setup":
            command.add_argument("--name", default=DEFAULT_NAME, help="which of the clusters (default: %(default)s)")
        if name == "up":
            command.add_argument("--gpus", type=int, default=8, help="of the node (default: %(default)s)")
            of_ome = "whose ways the stand-in of OME's controller has (default: %(default)s)"
            command.add_argument("--version", choices=OME_VERSIONS, default=OME_VERSIONS[0], help=of_ome)
            of_crds = "not OME's real CRDs although they are found: 500 MB and 5 s less"
            command.add_argument("--own-crds", action="store_true", help=of_crds)
        if name == "shell":
            command.add_argument("words", nargs="*", metavar="COMMAND")
    return parser


def _setup(arguments: argparse.Namespace) -> int:
    if reasons := lacking.reasons(to_build=True):
        raise ClusterError("\n  ".join(["not possible here:", *reasons]))
    start = time.monotonic()
    packages.install(_say)
    where = build.build(_say)
    _say(f"{time.monotonic() - start:5.1f} s  all is there: {where}")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    if reasons := lacking.reasons():
        raise ClusterError("\n  ".join([f"run {SETUP} first:", *reasons]))
    place = Place(arguments.name)
    lifecycle.up(place, lifecycle.Options(arguments.gpus, arguments.version, arguments.own_crds), _say)
    if not ome_part.is_there():
        _say("(no stand-in of OME's controller: nothing acts on an InferenceService)")
    print(f"export KUBECONFIG={place.kubeconfig} PATH={build.programs()}:$PATH")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    lifecycle.down(Place(arguments.name))
    return 0


def _shell(arguments: argparse.Namespace) -> int:
    cluster = Cluster(Place(arguments.name))
    environment = os.environ | {
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{cluster.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    cluster.holder.pid  # noqa: B018 - raises where it is not up
    words = arguments.words or [os.environ.get("SHELL", "/bin/sh")]
    os.execvpe(words[0], words, environment)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
