"""genai-bench's own files: the source of results where there is no launcher. Misread ones were scored as successes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.level_files import LevelFileError, find_level_file, read_level_file
from autotuner_core.benchmark.metadata import join_metadata, read_metadata

LEVEL = Level(1, "D(100,100)", 4, 60.0, 3, seed=1)
NAME = "D100_100_text-to-text_num_concurrency_4_time_2s.json"


def metrics(**changes: Any) -> dict[str, Any]:
    figures = {
        "ttft": 0.0654, "tpot": 0.00604, "e2e_latency": 0.663, "output_latency": 0.598, "output_inference_speed": 165.7,
        "num_input_tokens": 77, "num_output_tokens": 100, "num_reasoning_tokens": 0, "total_tokens": 177,
        "input_throughput": 1178.2, "output_throughput": 165.7, "audio_throughput": None,
        "error_code": None, "error_message": None,
    }  # fmt: skip
    return {**figures, **changes}


FAILED = dict.fromkeys(metrics()) | {"error_code": 503, "error_message": "busy"}


def document(rows: list[dict[str, Any]], **aggregated: Any) -> dict[str, Any]:
    figures = {"scenario": "D(100,100)", "num_concurrency": 4, "run_duration": 4.0089, "error_rate": 0, **aggregated}
    return {"aggregated_metrics": figures, "individual_request_metrics": rows, "_time_unit": "s"}


def write(folder: Path, content: Any, name: str = NAME) -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def test_a_level_file_is_a_run_without_timestamps(tmp_path: Path) -> None:
    run = read_level_file(write(tmp_path, document([metrics(), FAILED, metrics(tpot=None)])), LEVEL)
    assert (run.timestamps, run.seconds, run.ended_by) == (False, 4.0089, "requests")
    good, failed, short = run.rows
    assert (good.ttft, good.tpot, good.e2e_latency) == (0.0654, 0.00604, 0.663)
    assert (good.input_tokens, good.output_tokens, good.start, good.chunks) == (77, 100, None, ())
    assert (failed.error, failed.error_message, failed.output_tokens) == (503, "busy", 0)
    assert (short.error, short.tpot) == (None, None)


def test_a_row_without_figures_is_no_success(tmp_path: Path) -> None:
    empty = dict.fromkeys(metrics())
    assert read_level_file(write(tmp_path, document([empty])), LEVEL).rows[0].error == -1


def test_only_the_file_of_the_asked_level_is_found(tmp_path: Path) -> None:
    write(tmp_path, {"traffic_scenario": ["D(100,100)"], "num_concurrency": [4]}, "experiment_metadata.json")
    assert find_level_file(tmp_path, LEVEL) is None
    write(tmp_path, document([metrics()], num_concurrency=16), NAME.replace("_4_", "_16_"))
    write(tmp_path, document([metrics()], scenario="D(1000,100)"), NAME.replace("D100_", "D1000_"))
    assert find_level_file(tmp_path, LEVEL) is None
    debug = write(tmp_path, document([FAILED]), "debug_for_run_D100_100_4.json")
    assert find_level_file(tmp_path, LEVEL) == debug
    whole = write(tmp_path, document([metrics()]))
    assert find_level_file(tmp_path, LEVEL) == whole


def test_a_file_still_being_written_is_not_found(tmp_path: Path) -> None:
    path = write(tmp_path, document([metrics()]))
    path.write_text(path.read_text()[:200])
    assert find_level_file(tmp_path, LEVEL) is None


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (document([metrics()], run_duration=math.nan), "NaN"),
        (document([metrics(ttft=math.inf)]), "Infinity"),
        (document([metrics()], num_concurrency=8), "D(100,100)"),
        ({**document([metrics()]), "_time_unit": "ms"}, "ms"),
        ({"aggregated_metrics": {}, "individual_request_metrics": []}, "known genai-bench"),
        (document([{"ttft": 1.0}]), "known genai-bench"),
        ([], "no level file"),
    ],
)
def test_what_is_not_certain_is_refused_in_words(tmp_path: Path, content: Any, word: str) -> None:
    with pytest.raises(LevelFileError) as error:
        read_level_file(write(tmp_path, content), LEVEL)
    assert word in str(error.value)


def test_metadata_of_all_levels_is_joined(tmp_path: Path) -> None:
    def level(scenario: str, concurrency: int) -> None:
        before = read_metadata(tmp_path)
        write(tmp_path, {"traffic_scenario": [scenario], "num_concurrency": [concurrency]}, "experiment_metadata.json")
        join_metadata(tmp_path, before)

    assert read_metadata(tmp_path) == {}
    for scenario, concurrency in (("D(1,2)", 1), ("D(1,2)", 4), ("D(9,9)", 1)):
        level(scenario, concurrency)
    assert read_metadata(tmp_path) == {"traffic_scenario": ["D(1,2)", "D(9,9)"], "num_concurrency": [1, 4]}
