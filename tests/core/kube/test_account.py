"""A run in a pod goes on for longer than one token of its account is good."""

from __future__ import annotations

import datetime
from pathlib import Path
from types import SimpleNamespace

import certifi
import pytest
from kubernetes.config import incluster_config

from autotuner_core.kube import account
from autotuner_core.kube.access import Access, log_in


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a pod's account; its home has no kubeconfig."""
    (tmp_path / "token").write_text("first")
    (tmp_path / "namespace").write_text("tuning\n")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", certifi.where())
    monkeypatch.setattr(account, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path


def test_a_token_that_was_rotated_is_read_anew(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)]
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: now[0]), timedelta=datetime.timedelta)
    monkeypatch.setattr(incluster_config, "datetime", clock)
    login = log_in(Access())
    assert (login.server, login.namespace, login.files) == ("https://10.96.0.1:443", "tuning", ())
    assert str(login.authorization()).split() == ["bearer", "first"]
    (pod / "token").write_text("second")
    now[0] += datetime.timedelta(minutes=2)
    assert str(login.authorization()).split() == ["bearer", "second"]
