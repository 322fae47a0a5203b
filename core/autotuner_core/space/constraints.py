"""Conditions over parameters, as text of a task file: compared, never executed.

An expression is parsed, held against a short list of allowed forms, and evaluated by simpleeval with operators of our
own. No call, attribute, index, power, shift, format or comprehension gets through, so that a hostile expression can
neither reach anything nor take long.
"""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from autotuner_core.space.expression import ConstraintError, parsed, reason_of
from autotuner_core.space.operators import OPERATORS

__all__ = ["Constraint", "ConstraintError", "evaluate_number", "spelt"]

_WORDS = {"true": True, "false": False, "null": None}
_EXPECTED = (ArithmeticError, TypeError, ValueError, LookupError, MemoryError, RecursionError)


class Constraint:
    """A condition over parameters. `fixed` are parameters that every configuration has besides its own.

    Raises ConstraintError for an expression that is no allowed one.
    """

    def __init__(self, expression: str, fixed: Mapping[str, Any] | None = None) -> None:
        self.expression = expression
        self._fixed = dict(fixed or {})
        self._tree = parsed(expression)

    @property
    def names(self) -> frozenset[str]:
        """The parameters that it speaks of."""
        found = (node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name))
        return frozenset(name for name in found if name not in _WORDS)

    def check_names(self, known: Iterable[str]) -> None:
        """Raise ConstraintError where it speaks of a parameter that is not known."""
        known = list(known)
        for name in sorted(self.names.difference(map(spelt, known))):
            near = difflib.get_close_matches(name, map(spelt, known), n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
            raise ConstraintError(self.expression, f'no parameter is called "{name}"; {hint}')

    def allows(self, configuration: Mapping[str, Any]) -> bool:
        """Whether the condition holds. Raises ConstraintError where it has no answer for this configuration."""
        result = self.value(configuration)
        if not isinstance(result, bool):
            raise ConstraintError(self.expression, f"gives {result!r}, not true or false", configuration)
        return result

    def value(self, configuration: Mapping[str, Any]) -> Any:
        """What the expression gives for a configuration. Raises ConstraintError where it gives nothing."""
        from simpleeval import EvalWithCompoundTypes, InvalidExpression

        names = {spelt(name): value for name, value in {**self._fixed, **configuration}.items()} | _WORDS
        evaluator = EvalWithCompoundTypes(operators=OPERATORS, functions={}, names=names)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return evaluator.eval(self.expression, previously_parsed=self._tree)
        except (InvalidExpression, Warning, *_EXPECTED) as error:
            raise ConstraintError(self.expression, reason_of(error), configuration) from None


def spelt(name: str) -> str:
    """How an expression spells a parameter: `tp-size`, which would be a subtraction, is `tp_size`."""
    return name if name.startswith("env.") else name.replace("-", "_")


def evaluate_number(expression: str, names: Mapping[str, Any]) -> int | float:
    """The number that an expression over parameters gives (`tp_size * 2`). Raises ConstraintError for anything else."""
    constraint = Constraint(expression)
    constraint.check_names(names)
    result = constraint.value(names)
    if isinstance(result, bool) or not isinstance(result, (int, float)) or result != result or abs(result) > 1e15:
        raise ConstraintError(expression, f"gives {result!r}, not a number", names)
    return result
