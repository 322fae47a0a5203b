"""A template of the user's own: what it may decide, what it may not, and how a fault in it is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.resources import templates_folder

from .conftest import TUNED, engine_of, rendered, task_with

NAME = "inference_service.yaml.j2"
OF_THE_DOCUMENT = """\
apiVersion: ome.io/v1beta1
kind: InferenceService
metadata:
  name: {{ isvc_name }}
  namespace: {{ namespace }}
spec:
  model: {name: {{ model_name }}}
  runtime: {name: {{ runtime_name }}}
  engine:
    runner:
      name: ome-container
      args: [--port=8080, --tp-size={{ tp_size }}, --mem-frac={{ mem_frac }}]
      resources: {limits: {nvidia.com/gpu: {{ tp_size }}}, requests: {nvidia.com/gpu: {{ tp_size }}}}
"""


def with_template(folder: Path, text: str, parameters: dict[str, Any] = TUNED, **more: Any) -> Any:
    (folder / NAME).write_text(text)
    return rendered(parameters, templates=folder, **more)


def test_a_template_as_in_the_architecture_document_works_and_is_found_by_clean_up(tmp_path: Path) -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "lease", "uid": "u"}
    manifest = with_template(tmp_path, OF_THE_DOCUMENT, owner=owner)
    metadata, engine = manifest.body["metadata"], engine_of(manifest)
    assert engine["runner"]["args"] == ["--port=8080", "--tp-size=2", "--mem-frac=0.9"]
    assert metadata["labels"]["autotuner.io/run"] == engine["labels"]["autotuner.io/run"] == "20261125-7f3a"
    assert metadata["ownerReferences"] == [owner] and engine["maxReplicas"] == 1


def test_a_folder_without_the_template_takes_the_programs_own(tmp_path: Path) -> None:
    assert rendered(templates=tmp_path).body == rendered().body


def test_labels_of_the_tuner_cannot_be_changed_by_a_template(tmp_path: Path) -> None:
    text = OF_THE_DOCUMENT.replace("metadata:", "metadata:\n  labels: {autotuner.io/run: other, mine: 'yes'}")
    labels = with_template(tmp_path, text).body["metadata"]["labels"]
    assert labels["autotuner.io/run"] == "20261125-7f3a" and labels["mine"] == "yes"


REFUSED = {
    "another name": (OF_THE_DOCUMENT.replace("{{ isvc_name }}", "mine"), "the name 'mine'"),
    "another namespace": (OF_THE_DOCUMENT.replace("{{ namespace }}", "kube-system"), "the namespace 'kube-system'"),
    "two objects": (OF_THE_DOCUMENT + "---\n" + OF_THE_DOCUMENT, "a second document"),
    "another kind": (OF_THE_DOCUMENT.replace("kind: InferenceService", "kind: Namespace"), "no InferenceService"),
    "nothing": ("", "no InferenceService"),
    "finalizers": (OF_THE_DOCUMENT.replace("metadata:", "metadata:\n  finalizers: [x/y]"), "metadata.finalizers"),
    "replicas": (OF_THE_DOCUMENT.replace("  engine:", "  engine:\n    maxReplicas: 3"), "maxReplicas to 3"),
    "a dropped parameter": (OF_THE_DOCUMENT.replace(", --mem-frac={{ mem_frac }}", ""), "does not pass mem_frac on"),
    "a constant value": (OF_THE_DOCUMENT.replace("{{ mem_frac }}", "0.8"), "does not pass mem_frac on"),
    "no YAML": (OF_THE_DOCUMENT.replace("spec:", "spec: ]"), "line 6"),
    "a key twice": (OF_THE_DOCUMENT + "kind: InferenceService\n", "twice"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_template_does_not_decide_is_refused_in_words(case: str, tmp_path: Path) -> None:
    text, said = REFUSED[case]
    with pytest.raises(ManifestError) as told:
        with_template(tmp_path, text)
    assert said in told.value.message and told.value.cure


FAULTS = {
    "unknown variable": ("args: [{{ tp_siz }}]", "'tp_siz' is undefined", "is defined"),
    "syntax": ("args: [{{ tp_size ]", "unexpected", "Correct"),
    "unknown filter": ("args: [{{ tp_size | nosuch }}]", "nosuch", "Correct"),
    "missing include": ("args: {% include 'other.j2' %}", "other.j2", "README"),
    "way out of the sandbox": ("args: {{ ''.__class__.__mro__ }}", "unsafe", "only writes out values"),
    "file of the machine": ("args: {% include '../../../etc/passwd' %}", "passwd", "README"),
    "division": ("args: [{{ 1 / 0 }}]", "division", "Correct"),
    "endless loop": ("args: {% for x in range(1000000000) %}x{% endfor %}", "too big", "Correct"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_template_is_told_with_its_line_and_cure(fault: str, tmp_path: Path) -> None:
    wrong, said, cure = FAULTS[fault]
    text = OF_THE_DOCUMENT.replace("args: [--port=8080, --tp-size={{ tp_size }}, --mem-frac={{ mem_frac }}]", wrong)
    with pytest.raises(ManifestError) as told:
        with_template(tmp_path, text)
    assert said in told.value.message and cure in told.value.cure
    if "include" not in wrong:
        assert str(tmp_path / NAME) in told.value.message and "line 12" in told.value.message


HOSTILE = [
    "lpm, --evil",
    "a: b",
    "x\n      image: evil",
    "[",
    "{x",
    "#",
    "a #b",
    "&a",
    "*a",
    "!!python/x",
    "'",
    '"',
    "|",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_bare_value_that_would_change_the_yaml_is_refused(value: str, tmp_path: Path) -> None:
    text = OF_THE_DOCUMENT.replace("--port=8080", "--schedule-policy={{ schedule_policy }}")
    with pytest.raises(ManifestError) as told:
        with_template(tmp_path, text, {**TUNED, "schedule_policy": value})
    assert "tojson" in told.value.cure and "line 12" in told.value.message


@pytest.mark.parametrize("value", [*HOSTILE, "yes", "1e3", "\U0001f600", "\x85\u2028\x7f", "0x10", "$(X)"])
def test_a_value_through_tojson_stays_that_value(value: str, tmp_path: Path) -> None:
    filtered = OF_THE_DOCUMENT.replace("--port=8080", '{{ "--schedule-policy=" ~ schedule_policy | tojson }}')
    with pytest.raises(ManifestError):  # `~` binds weaker than the filter: it is no quoted text any more
        with_template(tmp_path, filtered, {**TUNED, "schedule_policy": value})
    filtered = OF_THE_DOCUMENT.replace("--port=8080", '{{ ("--schedule-policy=" ~ schedule_policy) | tojson }}')
    manifest = with_template(tmp_path, filtered, {**TUNED, "schedule_policy": value})
    assert engine_of(manifest)["runner"]["args"][0] == f"--schedule-policy={value}"


def test_a_variable_and_a_switch_that_is_off_must_be_passed_on_too(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"does not pass env\.MODE on"):
        with_template(tmp_path, OF_THE_DOCUMENT, {**TUNED, "env.MODE": "x"})
    always_on = OF_THE_DOCUMENT.replace("--port=8080", "--enable-mixed-chunk")
    with pytest.raises(ManifestError, match="does not pass enable_mixed_chunk on"):
        with_template(tmp_path, always_on, {**TUNED, "enable_mixed_chunk": False})
    assert with_template(tmp_path, always_on, {**TUNED, "enable_mixed_chunk": True})


@pytest.mark.parametrize("word", ["yes", "No", "on", "off", "true", "NULL", "y", "1.5", "0x1f", "1e3", "~", ""])
def test_a_word_that_yaml_would_take_for_something_else_is_shown_in_quotes(word: str) -> None:
    """kubectl reads YAML 1.1."""
    text = rendered({"chat_template": word, "env.MODE": word}).text
    assert f'- "{word}"' in text and f'value: "{word}"' in text


def test_a_folder_of_templates_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="there is no folder of templates"):
        rendered(templates=tmp_path / "nowhere")


def test_a_parameter_cannot_take_the_place_of_a_variable_of_the_tuner() -> None:
    task = task_with(parameters={"namespace": {"type": "choice", "values": ["evil", "x"]}})
    assert rendered({"namespace": "evil", "labels": "x"}, task=task).body["metadata"]["namespace"] == "autotuner"


def test_every_variable_is_in_the_templates_own_page() -> None:
    page = (templates_folder() / "README.md").read_text()
    asked = set(
        re.findall(r"{{ (\w+)|{% if (\w+)|in (\w+)(?:\.items\(\))? %}", (templates_folder() / NAME).read_text())
    )
    names = {name for found in asked for name in found if name} - {"word", "field", "value"}
    assert names >= {"args", "labels", "pod"}
    for name in names | {"experiment_id", "gpu_count", "owner", "kubernetes", "parameters"}:
        assert f"`{name}`" in page
