from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.deploy.local.server import LocalServer
from autotuner_core.engines.profile import profile_for
from autotuner_core.failures import ExperimentFailure, FailureCause

from .conftest import Place

pytestmark = pytest.mark.engine

READY = 60.0
BUNDLED: dict[str, Any] = {"local": {"engine": "llama.cpp"}, "model": {"name": "tiny"}}
PROMPT = "Shall I compare thee to a summer's day? Thou art more lovely and more temperate. " * 4


def ask(endpoint: Endpoint, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=60)
    try:
        connection.request(method, path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def chat(endpoint: Endpoint, **more: Any) -> tuple[list[str], dict[str, Any]]:
    """The pieces of a streamed answer, and its usage."""
    body = {
        "model": endpoint.model_name, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 20,
        "stream": True, "stream_options": {"include_usage": True}, **more,
    }  # fmt: skip
    status, text = ask(endpoint, "POST", "/v1/chat/completions", body)
    assert status == 200, text
    lines = [line[6:] for line in text.decode().splitlines() if line.startswith("data: {")]
    chunks = [json.loads(line) for line in lines]
    pieces = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
    return [piece for piece in pieces if piece], chunks[-1]["usage"]


def started(place: Place, **parameters: Any) -> tuple[LocalServer, Endpoint]:
    server = place.deploy(place.deployer(**BUNDLED), **parameters)
    return server, server.wait_ready(place.scope, READY)


def test_the_built_model_does_not_answer_or_its_tokens_cannot_be_counted(place: Place) -> None:
    server, endpoint = started(place, threads=1, parallel=2, flash_attn=True, cache_type_k="q8_0", ubatch_size=64)
    assert endpoint.model_name == "tiny"
    for temperature in (0.0, 1.0):
        pieces, usage = chat(endpoint, temperature=temperature, max_tokens=500)
        assert usage["completion_tokens"] == 500  # it never ends early, also without ignore_eos
        assert len(pieces) == 500  # each token is a chunk: text by itself
        assert usage["prompt_tokens"] > 50
    status, metrics = ask(endpoint, "GET", "/metrics")
    assert status == 200 and b"llamacpp:tokens_predicted_total 1000" in metrics
    server.stop()


def test_prompts_of_the_last_level_make_the_next_one_look_quick(place: Place) -> None:
    server, endpoint = started(place, threads=1, parallel=2)

    def cached() -> int:
        return int(chat(endpoint)[1]["prompt_tokens_details"]["cached_tokens"])

    assert cached() == 0
    assert cached() > 50
    assert server.flush_cache(place.scope)
    assert cached() == 0
    server.stop()


def test_each_slot_has_room_for_a_request_however_many_there_are(place: Place) -> None:
    server, endpoint = started(place, threads=1, parallel=8)
    slots = json.loads(ask(endpoint, "GET", "/slots")[1])
    assert [slot["n_ctx"] for slot in slots] == [1024] * 8
    server.stop()


@pytest.mark.parametrize(
    ("parameters", "cause", "words"),
    [
        ({"tp_size": 2}, FailureCause.REJECTED, "--tp-size 2"),
        ({"cache_type_k": "f8"}, FailureCause.REJECTED, "invalid choice: 'f8'"),
        ({"parallel": 0}, FailureCause.REJECTED, "from 1 to"),
        ({"batch_size": 10**12}, FailureCause.REJECTED, "--batch-size: invalid value"),
        ({"n_gpu_layers": 10**12}, FailureCause.REJECTED, "invalid argument: --n-gpu-layers"),
        ({"batch_size": 2, "parallel": 8}, FailureCause.CRASH, "its own check: n_"),
        ({"cache_type_v": "q8_0", "flash_attn": False}, FailureCause.REJECTED, "requires flash_attn"),
    ],
)
def test_refused_settings_look_like_a_crash(
    place: Place, parameters: dict[str, Any], cause: FailureCause, words: str
) -> None:
    server = place.deploy(place.deployer(**BUNDLED), **parameters)
    with pytest.raises(ExperimentFailure) as caught:
        server.wait_ready(place.scope, READY)
    server.stop()
    assert caught.value.cause is cause
    assert words in caught.value.message


def test_a_context_beyond_the_memory_looks_like_a_crash(place: Place, tmp_path: Any) -> None:
    # A limit of 4 GB of addresses stands for a small machine.
    limited = 'ulimit -v 4000000; exec "$@"'
    command = ["sh", "-c", limited, "sh", sys.executable, "-m", "autotuner_core.deploy.local.bundled_server"]
    from autotuner_core.deploy.local import tiny_model

    command += ["--model", "{model}", "--port", "{port}", "{flags}"]
    model = str(tiny_model.model_file())
    server = place.deploy(place.deployer(local={"command": command}, model={"name": model}), ctx_size=4_000_000)
    with pytest.raises(ExperimentFailure) as caught:
        server.wait_ready(place.scope, READY)
    server.stop()
    assert caught.value.cause is FailureCause.OUT_OF_MEMORY


def test_a_flag_that_the_profile_offers_is_refused_by_the_bundled_engine() -> None:
    from autotuner_core.deploy.local.bundled_options import OPTIONS
    from autotuner_core.deploy.local.bundled_server import parser

    known = set(parser()._option_string_actions)
    unknown = {
        flag for info in profile_for("llama.cpp").parameters.values()
        for flag in (info.flag, info.negative) if flag and flag not in known
    }  # fmt: skip
    # What only large models, GPUs or many sockets have a use for.
    assert unknown == {"--tensor-split", "--cpu-moe", "--n-cpu-moe", "--cpu-range"}
    assert all(option.flags for option in OPTIONS)


def test_the_bundled_engine_takes_the_memory_of_the_tuner_as_well() -> None:
    script = (
        "import sys; import autotuner_core.deploy.local.bundled_server;"
        "print([m for m in ('pydantic', 'psutil', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


def test_every_setting_of_the_bundled_engine_can_be_made() -> None:
    """A new xllamacpp may lose an attribute: then its flag must go too."""
    script = (
        "import xllamacpp\n"
        "from autotuner_core.deploy.local.bundled_options import OPTIONS\n"
        "from autotuner_core.deploy.local.bundled_server import set_option\n"
        "for option in OPTIONS:\n"
        "    for value in option.choices or ([option.value] if option.kind == 'switch' else\n"
        "            [{'float': 0.5, 'text': 'x'}.get(option.kind, 1)]):\n"
        "        set_option(xllamacpp.CommonParams(), option, value, xllamacpp)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
