"""Logins that end while a run goes on, and the plugins that give new ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from api_server import Server, serving, status

from autotuner_core.failures import FailureCause, PreflightError
from autotuner_core.kube import exec_plugin
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import POD

DONE = (200, {"metadata": {"name": "p"}}, {})
EXPIRED = status(401, "Unauthorized", "Unauthorized")
CREDENTIAL = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"}
NUMBERED = """
echo x >> "$0.runs"
number=$(wc -l < "$0.runs" | tr -d ' ')
echo "$KUBERNETES_EXEC_INFO" > "$0.info"
echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t'$number'"%s}}'
"""

Plugged = Callable[..., Access]


@pytest.fixture
def plugged(tmp_path: Path) -> Plugged:
    """A kubeconfig for a server, whose user logs in by a shell script beside it."""

    def written(server: Server, script: str, **more: object) -> Access:
        plugin = tmp_path / "plugin"
        plugin.write_text(f"#!/bin/sh\n{script}")
        plugin.chmod(0o755)
        spec = {"apiVersion": CREDENTIAL["apiVersion"], "command": "./plugin", "interactiveMode": "IfAvailable", **more}
        cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
        config = {
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"exec": spec}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        (tmp_path / "config").write_text(json.dumps(config))
        return Access(tmp_path / "config")

    return written


def client_of(access: Access) -> KubeClient:
    return KubeClient.connect(access).patient(wait=lambda seconds: None)


def test_a_plugin_is_asked_once_and_again_when_its_token_is_refused(plugged: Plugged) -> None:
    with serving(DONE, DONE, EXPIRED, DONE, DONE) as (server, _, _):
        client = client_of(plugged(server, NUMBERED % ""))
        for _ in range(4):
            client.get(POD, "p", "ns")
        assert server.logins == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]


def test_a_token_is_renewed_before_its_end(plugged: Plugged) -> None:
    with serving(DONE, DONE) as (server, _, _):
        client = client_of(plugged(server, NUMBERED % ',"expirationTimestamp":"2020-01-01T00:00:00Z"'))
        client.get(POD, "p", "ns")
        client.get(POD, "p", "ns")
        assert server.logins == ["Bearer t2", "Bearer t3"]


def test_threads_that_are_refused_at_once_log_in_once(plugged: Plugged, tmp_path: Path) -> None:
    with serving(*[EXPIRED] * 4, *[DONE] * 4) as (server, _, _):
        client = client_of(plugged(server, NUMBERED % ""))
        threads = [threading.Thread(target=client.get, args=(POD, "p", "ns")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One that begins late meets the new login: it is refused once more.
        assert 2 <= len((tmp_path / "plugin.runs").read_text().split()) <= 4
        assert server.logins[-1] != "Bearer t1"


def test_a_plugin_gets_what_it_asked_for_and_no_terminal(plugged: Plugged, tmp_path: Path) -> None:
    script = f'test ! -t 0 && test "$PROFILE" = work && test "$1" = get || exit 9\n{NUMBERED % ""}'
    more = {"args": ["get"], "env": [{"name": "PROFILE", "value": "work"}], "provideClusterInfo": True}
    with serving(DONE) as (server, _, _):
        client = client_of(plugged(server, script, **more))
        client.get(POD, "p", "ns")
        told = json.loads((tmp_path / "plugin.info").read_text())["spec"]
        assert told == {"interactive": False, "cluster": {"server": client.server}}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo please log in >&2; exit 3", "exit code 3: please log in"),
        ("echo nonsense", "no ExecCredential"),
        ("""echo '{"status": {}}'""", "neither a token nor a certificate"),
        ("exec sleep 30", "did not answer"),
    ],
)
def test_a_plugin_that_fails_is_told_in_its_own_words_before_the_run(
    plugged: Plugged, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.setattr(exec_plugin, "PLUGIN_SECONDS", 0.5)
    with serving() as (server, _, _), pytest.raises(PreflightError, match=said) as told:
        client_of(plugged(server, script))
    assert "plugin" in told.value.message and "kubectl" in told.value.cure


def test_a_plugin_that_is_not_installed_is_told_with_its_own_hint(plugged: Plugged) -> None:
    with serving() as (server, _, _), pytest.raises(PreflightError, match="no such program") as told:
        client_of(plugged(server, "", command="no-such-plugin-here", installHint="Install it from example.org."))
    assert told.value.cure == "Install it from example.org."


def test_a_login_that_ends_for_good_in_a_run_is_the_users_affair(plugged: Plugged, tmp_path: Path) -> None:
    with serving(DONE, EXPIRED, DONE) as (server, _, _):
        client = client_of(
            plugged(server, f'test -e "$0.out" && {{ echo session over >&2; exit 1; }}\n{NUMBERED % ""}')
        )
        client.get(POD, "p", "ns")
        (tmp_path / "plugin.out").touch()
        with pytest.raises(KubeError, match="session over") as refused:
            client.get(POD, "p", "ns")
        assert as_failure(refused.value, "look").cause is FailureCause.CREDENTIALS_EXPIRED


def test_a_context_that_is_changed_in_the_middle_leads_no_run_elsewhere(plugged: Plugged, tmp_path: Path) -> None:
    with serving(DONE, EXPIRED, DONE, EXPIRED) as (server, _, _):
        access = plugged(server, NUMBERED % "")
        client = client_of(access)
        client.get(POD, "p", "ns")
        file = tmp_path / "config"
        config = json.loads(file.read_text())
        other = {"name": "other", "cluster": {"server": "http://127.0.0.1:1"}}
        config["clusters"].append(other)
        config["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "u"}})
        config["current-context"] = "other"
        file.write_text(json.dumps(config))
        client.get(POD, "p", "ns")
        assert server.logins[-1] == "Bearer t2" and client.context == "c"
        config["clusters"][0]["cluster"] = other["cluster"]
        file.write_text(json.dumps(config))
        with pytest.raises(KubeError, match="another server"):
            client.get(POD, "p", "ns")


def test_no_key_stays_in_a_file(plugged: Plugged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    given = {"clientCertificateData": "not really", "clientKeyData": "secret"}
    script = f"echo '{json.dumps({**CREDENTIAL, 'status': given})}'"
    access = plugged(SimpleNamespace(server_port=1), script)
    file = tmp_path / "config"
    file.write_text(file.read_text().replace("http:", "https:"))
    with pytest.raises(PreflightError, match="cannot be used"):  # it is no certificate
        client_of(access)
    assert list(scratch.iterdir()) == []
