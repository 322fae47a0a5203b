from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autotuner_core.deploy.local import tiny_model
from autotuner_core.failures import PreflightError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))  # macOS
    return tmp_path


def test_the_model_is_built_at_every_run_or_of_other_bytes(cache: Path) -> None:
    said: list[str] = []
    first = tiny_model.build(said.append)
    assert cache in first.parents
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    assert tiny_model.model_file() in before
    assert tiny_model.build(said.append) == first
    assert len(said) == 1
    # Bytes of another build are the same: scores of two machines are of the same model.
    (first / "manifest.json").unlink()
    tiny_model._checked.clear()
    assert tiny_model.build(said.append) == first
    assert {path: path.read_bytes() for path in first.rglob("*") if path.is_file()} == before
    assert len(said) == 2


@pytest.mark.parametrize("harm", ["cut", "lost", "manifest"])
def test_a_damaged_model_is_served(harm: str, cache: Path) -> None:
    folder = tiny_model.build()
    model = folder / tiny_model.MODEL_FILE
    size = model.stat().st_size
    if harm == "cut":
        os.truncate(model, size - 1)
    elif harm == "lost":
        (folder / tiny_model.TOKENIZER_FOLDER / "tokenizer.json").unlink()
    else:
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    tiny_model._checked.clear()
    assert not tiny_model.is_whole(folder)
    assert tiny_model.model_file().stat().st_size == size
    assert tiny_model.is_whole(folder)


def test_two_runs_that_build_at_once_break_one_another(cache: Path) -> None:
    script = "from autotuner_core.deploy.local.tiny_model import build; print(build(print))"
    children = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert "".join(said).count("Building") == 1
    assert tiny_model.is_whole(Path(said[0].splitlines()[-1]))
    assert not list(cache.rglob("*.partial"))


def test_a_build_that_is_given_up_leaves_half_a_model(cache: Path) -> None:
    def give_up(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny_model.build(wait=give_up)
    assert not list(cache.rglob("*.partial"))
    assert tiny_model.is_whole(tiny_model.build())


def test_missing_libraries_end_in_a_traceback(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny_model, "LIBRARIES", ("gguf", "no-such-library"))
    with pytest.raises(PreflightError) as caught:
        tiny_model.build()
    assert "no-such-library" in caught.value.message
    assert "autotuner-tui[local]" in caught.value.cure


def test_a_cache_that_cannot_be_written_ends_in_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setenv("HOME", str(blocked))
    with pytest.raises(PreflightError, match="cannot be stored"):
        tiny_model.build()


def test_building_weighs_on_the_memory_of_the_tuner(cache: Path) -> None:
    script = (
        "import sys; from autotuner_core.deploy.local.tiny_model import build; build();"
        "print([m for m in ('numpy', 'gguf', 'tokenizers', 'transformers') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.genai_bench
def test_the_load_generator_counts_other_tokens_than_the_engine(cache: Path) -> None:
    folder = tiny_model.tokenizer_folder()
    script = (
        "import json, sys; from transformers import AutoTokenizer; t = AutoTokenizer.from_pretrained(sys.argv[1]);"
        "text = 'Shall I compare thee, Ünïcode & 4711?\\n';"
        "print(json.dumps([len(t), t.bos_token, t.eos_token, t.decode(t.encode(text)) == text,"
        " t.apply_chat_template([{'role': 'user', 'content': 'hi'}], tokenize=False, add_generation_prompt=True)]))"
    )
    said = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True).stdout
    assert json.loads(said.splitlines()[-1]) == [2048, "<|begin|>", "<|end|>", True, "user: hi\nassistant: "]
