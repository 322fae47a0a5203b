"""The architecture document's task, as it stands there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from cluster.engines import MODEL, RUNTIME

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "simple_task.json"


def the_documents_task() -> dict[str, Any]:
    """With a tokenizer that is on this machine."""
    task = json.loads(EXAMPLE.read_text())
    assert (task["model"]["name"], task["base_runtime"]) == (MODEL, RUNTIME)
    task["benchmark"]["model_tokenizer"] = str(tokenizer_folder())
    return dict(task)
