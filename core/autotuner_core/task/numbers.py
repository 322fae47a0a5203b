"""Numbers written in quotes, as `additional_params` of existing tasks have them."""

from __future__ import annotations

import re
from typing import Any

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,2})?")


def out_of_quotes(value: Any) -> Any:
    """The number that a text holds; anything else as it is. `"0.0"` is 0.0, `"5"` is 5, `"high"` stays."""
    if not isinstance(value, str):
        return value
    if _INTEGER.fullmatch(value):
        return int(value)
    if _DECIMAL.fullmatch(value):
        return float(value)
    return value


def numbers_out_of_quotes(values: Any) -> Any:
    """The same object with its direct values out of quotes; what is no object is left for the type check."""
    if not isinstance(values, dict):
        return values
    return {key: out_of_quotes(value) for key, value in values.items()}
