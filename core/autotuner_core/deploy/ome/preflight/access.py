"""The rights of who runs it: every verb on every kind that a run will use, asked of the cluster itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.rights import CLUSTER_WIDE, IN_NAMESPACE, OPTIONAL, Rule
from autotuner_core.findings import Severity
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import Kind
from autotuner_core.task.problem import Problem

_EVERYTHING = Kind("*", "", "*", "", namespaced=False)
_AT_ONCE = 12


@dataclass(frozen=True)
class _Question:
    rule: Rule
    resource: str
    verb: str
    namespace: str | None
    severity: Severity


def rights(look: Look) -> Iterator[Problem]:
    """One finding for each rule of which a right is missing. An administrator is asked once."""
    if look.client.may("*", _EVERYTHING).allowed:
        return
    questions = [*_questions(IN_NAMESPACE, look, look.namespace, Severity.ERROR)]
    questions += _questions(CLUSTER_WIDE, look, None, Severity.WARNING)
    questions += _questions(OPTIONAL, look, None, Severity.NOTE)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rights") as pool:
        allowed = list(pool.map(lambda one: _may(look.client, one), questions))
    refused = [question for question, may in zip(questions, allowed, strict=True) if not may]
    for rule in dict.fromkeys(question.rule for question in refused):
        yield _missing(look, [question for question in refused if question.rule is rule])


def _questions(rules: Sequence[Rule], look: Look, namespace: str | None, severity: Severity) -> list[_Question]:
    return [
        _Question(rule, resource, verb, namespace, Severity.NOTE if rule.optional else severity)
        for rule in rules
        if rule.direct or not look.direct
        for resource in rule.resources
        for verb in rule.verbs
    ]


def _may(client: KubeClient, asked: _Question) -> bool:
    plural, _, subresource = asked.resource.partition("/")
    kind = Kind(asked.rule.group, "", plural, "", namespaced=asked.namespace is not None)
    name = asked.rule.name
    return client.may(asked.verb, kind, asked.namespace, subresource=subresource, name=name).allowed


def _missing(look: Look, refused: Sequence[_Question]) -> Problem:
    first = refused[0]
    group = f".{first.rule.group}" if first.rule.group else ""
    verbs = ", ".join(dict.fromkeys(one.verb for one in refused))
    resources = ", ".join(f"{resource}{group}" for resource in dict.fromkeys(one.resource for one in refused))
    resources += f" {first.rule.name}" if first.rule.name else ""
    where = f"in the namespace {look.namespace}" if first.namespace else "cluster-wide"
    lost = "needed for" if first.severity is Severity.ERROR else "not known or not done without it:"
    return Problem(
        (),
        f"this user may not {verbs} {resources} {where}; {lost} {first.rule.needed_for}",
        f"An administrator grants it: autotuner-tui new --rbac -o - --namespace {look.namespace} | kubectl apply -f -",
        first.severity,
        "right_missing",
    )
