"""What was to be removed and could not be: it must not hold its GPUs for as long as the run waits for somebody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from autotuner_core.deploy.ome.deployer import OMEDeployer


@pytest.mark.parametrize(
    ("left_behind", "wanted"),
    [([], True), ([False], True), ([True], False), ([True, False], True), ([True, True], False)],
)
def test_the_lease_is_kept_alive_only_for_what_is_wanted(left_behind: list[bool], wanted: bool) -> None:
    servers = [SimpleNamespace(left_behind=left) for left in left_behind]
    deployer = cast(Any, SimpleNamespace(_servers={id(server): server for server in servers}.values()))
    assert OMEDeployer._anything_is_wanted(deployer) is wanted
