"""Names hold what Kubernetes and OME accept, and an experiment's objects can be told apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.task.names import (
    LONGEST_OBJECT,
    label_fault,
    label_key_fault,
    label_value_fault,
    object_name,
    quantity_fault,
    service_fault,
    subdomain_fault,
    suggestion,
)


@pytest.mark.parametrize("name", ["a", "simple-tune", "a1", "x" * 63])
def test_good_names_of_services_pass(name: str) -> None:
    assert service_fault(name) == ""


@pytest.mark.parametrize("name", ["", "1abc", "-a", "a-", "A", "a_b", "a.b", "x" * 64, "a\n", "ä", "a b"])
def test_names_that_ome_refuses_are_refused_here(name: str) -> None:
    assert service_fault(name)


def test_each_kind_of_name_has_its_own_rule() -> None:
    assert label_fault("1abc") == "" and label_fault("a.b")
    assert subdomain_fault("a.b-c") == "" and subdomain_fault("a..b") and subdomain_fault("a.-b")
    assert label_value_fault("") == "" and label_value_fault("A_b.c") == "" and label_value_fault("-a")
    assert label_key_fault("kueue.x-k8s.io/queue-name") == "" and label_key_fault("a/b/c") and label_key_fault("/a")
    assert quantity_fault("16Gi") == "" and quantity_fault("0.5") == "" and quantity_fault("16GB")


@given(st.text(max_size=80))
def test_a_suggested_name_is_always_right(name: str) -> None:
    better = suggestion(name)
    assert better == "" or service_fault(better) == ""
    dotted = suggestion(name, dots=True)
    assert dotted == "" or subdomain_fault(dotted) == ""


@given(st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True), st.integers(1, 99_999))
def test_every_experiment_has_an_object_name_that_is_accepted_and_its_own(task_name: str, experiment: int) -> None:
    name = object_name(task_name, "20250102-030405-7f3a", experiment)
    assert service_fault(name) == "" and len(name) <= LONGEST_OBJECT
    assert re.search(rf"-7f3a-exp{experiment}$", name)


def test_object_names_read_as_documented() -> None:
    assert object_name("x" * 63, "7f3a", 1234) == "x" * 37 + "-7f3a-exp1234"
    assert object_name("a-" * 31, "7f3a", 12345) == "a-" * 17 + "a-7f3a-exp12345"
    assert object_name("simple-tune", "7f3a", 9) == "simple-tune-7f3a-exp9"
