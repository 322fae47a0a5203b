"""One experiment in words: its head, its configuration, what was sent."""

from __future__ import annotations

import shlex

from autotuner_core.report import format as fmt
from autotuner_core.report.result import Result
from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import plain
from autotuner_tui.streams.attempt_files import Sent
from autotuner_tui.views.experiments import stage_cell, varying
from autotuner_tui.views.wrapped import wrapped
from autotuner_tui.widgets.lines import Line, Piece, fitted, line, neutral, width_of


def head_lines(state: RunState, experiment: ExperimentState, result: Result | None, width: int) -> list[Line]:
    """Which one it is of how many, how it stands, and its score; of that the noise and the metric go first."""
    ids = sorted(state.experiments)
    head = [
        Piece(f" experiment {experiment.id} ", "strong"),
        Piece(f"{ids.index(experiment.id) + 1}/{len(ids)}  ", "dim"),
    ]
    head.append(stage_cell(experiment, state))
    if result is not None and result.score is not None:
        metric = result.objective.metric
        noise = fmt.noise(result.half_width, result.score, metric) if result.half_width else ""
        score = fmt.metric(result.score, metric)
        told = (f"  {metric} {score} {noise}".rstrip(), f"  {metric} {score}", f"  {score}")
        room = width - width_of(tuple(head))
        head.append(Piece(next((text for text in told if len(text) <= room), told[-1]), "strong"))
    return [
        tuple(head),
        line((f" {fitted(plain(fmt.parameters(experiment.parameters)), max(1, width - 2))}", "accent")),
    ]


def configuration_lines(state: RunState, experiment: ExperimentState, sent: Sent, width: int) -> list[Line]:
    """Parameters (those that vary first), fixed ones, and the command line."""
    varied = varying(state)
    fixed = state.task.get("fixed") or {}
    every = {**{n: experiment.parameters[n] for n in varied if n in experiment.parameters}, **experiment.parameters}
    cells = max((len(name) for name in (*every, *fixed)), default=0)
    lines = [
        line(f" {fitted(neutral(name), cells)}  ", (neutral(fmt.value(value)), "strong"))
        for name, value in every.items()
    ]
    lines += [
        line((f" {fitted(neutral(name), cells)}  {neutral(fmt.value(value))}  fixed", "dim"))
        for name, value in fixed.items()
    ]
    lines.append(line((f" why: {experiment.why.replace('_', ' ')}", "dim")))
    if sent.argv:
        lines += [(), *wrapped("$ " + shlex.join(sent.argv), width, indent="    ")]
        lines += [line((f"   {neutral(name)}={neutral(value)}", "dim")) for name, value in sent.env.items()]
    elif not sent.name:
        lines += [(), line((" the command line or manifest will stand here once it is sent", "dim"))]
    return lines


def sent_lines(sent: Sent) -> list[Line]:
    """The manifest or command line as it was applied, secrets taken out."""
    if not sent.text:
        return [line((" the manifest or command line as sent will stand here", "dim"))]
    return [line(f" {neutral(text)}") for text in sent.text.splitlines()]
