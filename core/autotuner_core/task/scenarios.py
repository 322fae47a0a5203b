"""Traffic scenarios in genai-bench's notation, as far as they fit text-to-text.

Source: genai_bench/scenarios/text.py of version 0.0.5 (the patterns, and the least of two output tokens with which N
and U are drawn).
"""

from __future__ import annotations

import re

_PAIR = r"\(([0-9]{1,7}),([0-9]{1,7})\)"
_DETERMINISTIC = re.compile(rf"D{_PAIR}")
_NORMAL = re.compile(rf"N{_PAIR}/{_PAIR}")
_UNIFORM = re.compile(rf"U{_PAIR}(?:/{_PAIR})?")
_OTHERS = {
    "E": "embeddings",
    "R": "reranking",
    "I": "images",
    "A": "speech",
}
_FORMS = "write D(in,out), N(mean,sd)/(mean,sd), U(min,max)/(min,max) or U(max,max), without spaces"


def scenario_fault(scenario: str) -> tuple[str, str]:
    """What is wrong with a scenario and what would be right; two empty strings for a good one."""
    if match := _DETERMINISTIC.fullmatch(scenario):
        return _lengths(int(match[1]), int(match[2]), scenario)
    if match := _NORMAL.fullmatch(scenario):
        return _lengths(int(match[1]), int(match[3]), scenario)
    if match := _UNIFORM.fullmatch(scenario):
        return _uniform([int(number) for number in match.groups() if number is not None], scenario)
    return _unreadable(scenario)


def _lengths(prompt: int, answer: int, scenario: str) -> tuple[str, str]:
    if prompt < 1:
        return "a prompt needs one token at least", ""
    if answer < 1:
        return "an answer needs tokens", "ask for two at least"
    if answer == 1:
        cure = scenario[: scenario.rfind("1")] + "2)" if scenario.startswith("D") else "ask for two at least"
        return "with one output token there is no time per output token, and genai-bench ends in an error", cure
    return "", ""


def _uniform(numbers: list[int], scenario: str) -> tuple[str, str]:
    if len(numbers) == 2:
        return _lengths(numbers[0], numbers[1], scenario)
    if numbers[0] > numbers[1] or numbers[2] > numbers[3]:
        return "a minimum is above its maximum", "write U(min,max)/(min,max)"
    return _lengths(numbers[1], numbers[3], scenario)


def _unreadable(scenario: str) -> tuple[str, str]:
    if scenario == "dataset":
        reason = "prompts out of a data set have no known length, so configurations could not be compared fairly"
        return f"the scenario dataset is not supported: {reason}", _FORMS
    letter = scenario[:1]
    if letter in _OTHERS and scenario[1:2] == "(":
        return f"{letter}(…) is for {_OTHERS[letter]}; the tuner measures text-to-text alone", _FORMS
    tidy = re.sub(r"\s", "", scenario[:200]).upper()
    if tidy != scenario and len(scenario) <= 200 and not any(scenario_fault(tidy)):
        return "not as genai-bench writes it", f'write "{tidy}"'
    return "no traffic scenario", _FORMS
