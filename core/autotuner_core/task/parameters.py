"""The parameters to vary: lists of values, numeric ranges, switches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from autotuner_core.task.part import Part

Scalar = bool | int | float | str | None


class ChoiceParameter(Part):
    """A parameter that takes each value of a list."""

    type: Literal["choice"] = Field(description='The values are listed. Always "choice".')
    values: list[Any] = Field(
        min_length=1,
        description="The values to try, each once: numbers, text, true, false, null (the flag is left out), or a list "
        "of these for a flag that takes several. Example: [1, 2, 4].",
    )


class RangeParameter(Part):
    """A parameter that takes numbers between two ends, by a step or by a count."""

    type: Literal["range"] = Field(description='The values are numbers between two ends. Always "range".')
    min: float = Field(description="The first value, included. Example: 0.8.")
    max: float = Field(description="The last value, included where the steps reach it. Example: 0.95.")
    step: float | None = Field(
        None,
        gt=0,
        description="The distance between two values (linear scale only; give either step or count). Example: 0.05.",
    )
    scale: Literal["linear", "log"] = Field(
        "linear",
        description='How the values of a count are spread: "linear" (default; equal distances) or "log" (equal '
        "ratios; whole numbers stay whole).",
    )
    count: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="How many values, both ends included (give either step or count). Example: 5 from 1024 to 16384 "
        "on a log scale are 1024, 2048, 4096, 8192, 16384.",
    )


class BoolParameter(Part):
    """A parameter that is off or on."""

    type: Literal["bool"] = Field(description='Tried off and on. Always "bool".')


Parameter = Annotated[ChoiceParameter | RangeParameter | BoolParameter, Field(discriminator="type")]
