"""Parameters: their names, their values, and that no engine setting is given twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autotuner_core.space.candidates import value_key
from autotuner_core.space.values import MOST_VALUES, values_of
from autotuner_core.task.model import ChoiceParameter, RangeParameter, Task
from autotuner_core.task.parameter_names import name_problem, same_setting
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem, note, warning

MOST_PARAMETERS = 100
_LARGEST = 1e15
_OF_THE_TUNER = {
    "local": {
        "env.CUDA_VISIBLE_DEVICES": "is set by the tuner: it gives out the GPUs of an experiment, see local.gpus",
        "env.AUTOTUNER_TOKEN": "is set by the tuner: it finds its own processes by it",
    },
    "ome": {
        "env.CUDA_VISIBLE_DEVICES": "is set by the cluster: it gives a pod its GPUs",
        "env.NVIDIA_VISIBLE_DEVICES": "is set by the cluster: it gives a pod its GPUs",
        "env.MODEL_PATH": "is set by OME: the folder of the model",
        "env.PROTOCOL_VERSION": "is set by the tuner: OME's benchmarks ask the engine by it",
    },
}


def check_each(task: Task) -> Iterator[Problem]:
    """Each parameter by itself."""
    if len(task.parameters) > MOST_PARAMETERS:
        yield Problem(("parameters",), f"has {len(task.parameters)} parameters; {MOST_PARAMETERS} are allowed")
    for name, parameter in task.parameters.items():
        place: Place = ("parameters", name)
        if isinstance(parameter, ChoiceParameter):
            yield from _values(parameter, (*place, "values"))
        elif isinstance(parameter, RangeParameter):
            yield from _range(parameter, place)
    for section, names in (("parameters", task.parameters), ("fixed", task.fixed)):
        for name in names:
            yield from name_problem(name, (section, name))
    for name, value in task.fixed.items():
        yield from _value(value, ("fixed", name))


def _values(parameter: ChoiceParameter, place: Place) -> Iterator[Problem]:
    if len(parameter.values) > MOST_VALUES:
        yield Problem(place, f"has {len(parameter.values)} values; {MOST_VALUES} are allowed")
        return
    seen: dict[str, int] = {}
    for index, value in enumerate(parameter.values):
        yield from _value(value, (*place, index))
        first = seen.setdefault(value_key(value), index)
        if first != index:
            message = f"{quoted(value)} is there twice; the first is values[{first}]"
            yield Problem((*place, index), message, "remove one of the two", code="duplicate")


def _value(value: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, dict):
        cure = 'write it as text, as it would stand on the command line: "{\\"key\\": 1}"'
        yield Problem(place, "an object is no value of a parameter", cure)
    elif isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        yield Problem(place, "a list in a value may hold numbers, text, true, false and null alone")


def _range(parameter: RangeParameter, place: Place) -> Iterator[Problem]:
    if max(abs(parameter.min), abs(parameter.max)) > _LARGEST:
        yield Problem(place, f"an end of the range is beyond {_LARGEST:.0e}")
        return
    if parameter.min >= parameter.max:
        message = f"min ({quoted(parameter.min)}) is not below max ({quoted(parameter.max)})"
        yield Problem((*place, "min"), message, 'for a single value use "fixed"')
        return
    if (parameter.step is None) == (parameter.count is None):
        which = "neither step nor count is" if parameter.step is None else "both step and count are"
        cure = 'give one of the two, for example "step": 0.05 or "count": 5'
        yield Problem(place, f"{which} given", cure)
        return
    if parameter.scale == "log" and parameter.step is not None:
        yield Problem((*place, "step"), "a log scale has no equal steps", 'give "count" in its place')
        return
    if parameter.scale == "log" and parameter.min <= 0:
        yield Problem((*place, "min"), "a log scale needs a min above 0", 'or use "scale": "linear"')
        return
    yield from _steps(parameter, place)


def _steps(parameter: RangeParameter, place: Place) -> Iterator[Problem]:
    try:
        values = values_of(parameter)
    except ValueError as error:
        yield Problem((*place, "step"), str(error), "make the step larger")
        return
    if len(values) == 1:
        yield Problem((*place, "step"), "the step is larger than the range: only min is left", "make it smaller")
    elif len(set(values)) != len(values):
        yield Problem((*place, "count"), "so many values between min and max are no longer different", "take fewer")
    elif values[-1] < parameter.max:
        message = f"the steps end at {quoted(values[-1])} and do not reach max ({quoted(parameter.max)})"
        yield note((*place, "max"), message, code="max_not_reached")


def check_together(task: Task) -> Iterator[Problem]:
    """The parameters and the fixed ones with one another."""
    given: dict[str, tuple[str, str]] = {}
    for section, names in (("parameters", task.parameters), ("fixed", task.fixed)):
        for name in names:
            first = given.setdefault(same_setting(name), (section, name))
            if first == (section, name):
                pass
            elif first[1] == name:
                cure = "remove it here, or from parameters"
                yield Problem((section, name), "is varied in parameters as well", cure, code="overlap", at_key=True)
            else:
                message = f"is the same setting as {first[0]}.{first[1]}"
                yield Problem((section, name), message, "remove one of the two", code="overlap", at_key=True)
            if name in _OF_THE_TUNER[task.backend]:
                yield Problem((section, name), _OF_THE_TUNER[task.backend][name], "leave it out", at_key=True)
    for name, parameter in task.parameters.items():
        if isinstance(parameter, ChoiceParameter) and len({type(value) for value in parameter.values}) > 1:
            yield from _mixed(parameter, ("parameters", name, "values"))


def _mixed(parameter: ChoiceParameter, place: Place) -> Iterator[Problem]:
    texts = {value for value in parameter.values if isinstance(value, str)}
    for index, value in enumerate(parameter.values):
        if not isinstance(value, (str, list, dict)) and value is not None and value_key(value) in texts:
            message = f"{quoted(value)} and the text {quoted(value_key(value))} give the same flag"
            yield warning((*place, index), message, "remove one of the two", "same_flag")
