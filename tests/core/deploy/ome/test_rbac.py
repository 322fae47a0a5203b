from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.deploy.ome.rights import CLUSTER_WIDE, IN_NAMESPACE, OPTIONAL
from autotuner_core.resources import examples_folder


def objects(text: str) -> list[dict[str, Any]]:
    return [body for body in YAML(typ="safe", pure=True).load_all(text) if body]


def test_the_example_of_access_rights_is_what_the_template_gives_today() -> None:
    """Else those who apply it lack a right that a run needs."""
    assert (examples_folder() / "ome" / "rbac.yaml").read_text().endswith(render_rbac("autotuner"))


def test_every_right_of_the_table_is_granted_and_no_other() -> None:
    roles = {(body["kind"], body["metadata"]["name"]): body for body in objects(render_rbac("ml", name="t"))}
    granted = {name: body["rules"] for name, body in roles.items() if "rules" in body}
    assert granted == {
        ("Role", "t"): [rule.to_rbac() for rule in IN_NAMESPACE],
        ("ClusterRole", "t-ml"): [rule.to_rbac() for rule in CLUSTER_WIDE],
        ("ClusterRole", "t-ml-optional"): [rule.to_rbac() for rule in OPTIONAL],
    }
    verbs = {verb for rules in granted.values() for rule in rules for verb in rule["verbs"]}
    assert "*" not in verbs and not any("secrets" in rule["resources"] for rules in granted.values() for rule in rules)
    bound = [body["roleRef"]["name"] for body in roles.values() if "roleRef" in body]
    assert sorted(bound) == ["t", "t-ml", "t-ml-optional"]


def test_loads_from_outside_need_no_right_on_benchmark_jobs_and_claims() -> None:
    text = render_rbac("ml", direct=True)
    role = next(body for body in objects(text) if body["kind"] == "Role")
    named = {resource for rule in role["rules"] for resource in rule["resources"]}
    assert not named & {"benchmarkjobs", "configmaps", "persistentvolumeclaims"} and "inferenceservices" in named


def test_rights_can_go_to_a_group_and_its_name_stays_one_value() -> None:
    group = {"kind": "Group", "name": "oidc:ml\n- kind: x", "apiGroup": "rbac.authorization.k8s.io"}
    bodies = objects(render_rbac("ml", subjects=[group]))
    assert "ServiceAccount" not in {body["kind"] for body in bodies}
    assert all(body["subjects"] == [group] for body in bodies if "roleRef" in body)


def test_a_template_of_ones_own_is_taken(tmp_path: Any) -> None:
    (tmp_path / "rbac.yaml.j2").write_text("name: {{ nobody }}")
    with pytest.raises(ManifestError, match="'nobody' is undefined"):
        render_rbac("ml", templates=tmp_path)
