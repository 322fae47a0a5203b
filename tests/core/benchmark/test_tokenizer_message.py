"""Why a tokenizer cannot be loaded, in the words of transformers: several lines of them."""

from __future__ import annotations

import pytest

from autotuner_core.benchmark.interpreter import LONGEST_MESSAGE, check_tokenizer
from autotuner_core.failures import PreflightError


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("OSError: x is not a local folder\nand is not a valid model identifier.", "folder and is not a valid model"),
        ("OSError: one thing.\n" + "and then " * 100, "OSError: one thing."),
        ("word " * 200, " …"),
    ],
)
def test_the_reason_is_never_cut_in_the_middle_of_a_sentence(message: str, said: str) -> None:
    with pytest.raises(PreflightError) as raised:
        check_tokenizer("x", ok=False, kind="missing", message=message)
    assert said in raised.value.message
    assert raised.value.message.endswith((".", "…")) and len(raised.value.message) < LONGEST_MESSAGE + 60
