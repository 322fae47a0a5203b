"""The way into a cluster: what a user named counts, and nothing else is tried in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_core.failures import PreflightError
from autotuner_core.kube.access import Access, log_in
from autotuner_core.kube.pool import proxy_for

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters:
- {name: a, cluster: {server: "https://a.example:6443"}}
- {name: b, cluster: {server: "https://b.example:6443"}}
users: [{name: u, user: {token: secret}}]
contexts:
- {name: a, context: {cluster: a, user: u, namespace: tuning}}
- {name: b, context: {cluster: b, user: u}}
current-context: a
"""


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(KUBECONFIG)
    return path


def test_the_current_context_is_used_unless_another_is_named(kubeconfig: Path) -> None:
    usual, other = log_in(Access(kubeconfig), {}), log_in(Access(kubeconfig, "b"), {})
    assert usual.authorization() == "Bearer secret"
    assert (usual.server, usual.context, usual.namespace) == ("https://a.example:6443", "a", "tuning")
    assert (other.server, other.context, other.namespace) == ("https://b.example:6443", "b", None)


def test_several_files_in_kubeconfig_are_joined(kubeconfig: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_text(KUBECONFIG.replace("name: b,", "name: c,").replace("current-context: a", ""))
    environment = {"KUBECONFIG": f"{kubeconfig}:{tmp_path / 'absent'}:{second}"}
    assert log_in(Access(context="c"), environment).context == "c"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "cannot be used"),
        ("[]", "cannot be used"),
        ("", "cannot be used"),
        (KUBECONFIG.replace("current-context: a", "current-context: z"), "z"),
        (KUBECONFIG.replace("current-context: a", ""), "current-context"),
        (KUBECONFIG.replace("name: u,", "name: v,"), "user u"),
        (KUBECONFIG.replace('6443"', '6443", certificate-authority: absent.pem'), "absent.pem"),
    ],
)
def test_a_broken_kubeconfig_is_told_and_never_replaced_by_the_pods_own_account(
    kubeconfig: Path, text: str, said: str
) -> None:
    kubeconfig.write_text(text)
    with pytest.raises(PreflightError, match=said) as told:
        log_in(Access(), {"KUBECONFIG": str(kubeconfig), "KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert str(kubeconfig) in told.value.message and told.value.cure


def test_no_secret_of_a_kubeconfig_is_in_what_is_said_of_it(kubeconfig: Path) -> None:
    provider = "auth-provider: {name: oidc, config: {refresh-token: s3cr3t}}"
    kubeconfig.write_text(KUBECONFIG.replace("token: secret", provider))
    with pytest.raises(PreflightError, match="id-token") as told:
        log_in(Access(kubeconfig), {})
    assert "s3cr3t" not in told.value.message


def test_what_was_named_and_is_not_there_is_told_with_what_would_be_right(kubeconfig: Path, tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="has no context 'z'") as told:
        log_in(Access(kubeconfig, "z"), {})
    assert "a, b" in told.value.cure
    with pytest.raises(PreflightError, match="does not exist"):
        log_in(Access(tmp_path / "absent"), {})
    with pytest.raises(PreflightError, match="KUBECONFIG names"):
        log_in(Access(), {"KUBECONFIG": str(tmp_path / "absent"), "KUBERNETES_SERVICE_HOST": "10.0.0.1"})


SERVER = "https://api.example:6443"


@pytest.mark.parametrize(
    ("server", "own", "environment", "proxy"),
    [
        (SERVER, None, {}, None),
        (SERVER, None, {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"}, "http://p:1"),
        (SERVER, None, {"https_proxy": "p:1"}, "http://p:1"),
        (SERVER, None, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.b, .example"}, None),
        (SERVER, None, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample,api.example:443"}, "http://p:1"),
        ("https://10.1.2.3", None, {"HTTPS_PROXY": "http://p:1", "no_proxy": "10.0.0.0/8"}, None),
        ("https://127.0.0.1:6443", None, {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://localhost:6443", None, {"HTTPS_PROXY": "http://p:1"}, None),
        (SERVER, "socks5://127.0.0.1:1080", {"NO_PROXY": "*"}, "socks5://127.0.0.1:1080"),
    ],
)
def test_the_way_goes_through_the_proxy_that_kubectl_takes(
    server: str, own: str | None, environment: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(server, own, environment) == proxy


def test_without_any_way_in_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PreflightError, match="no way into a cluster") as told:
        log_in(Access(), {})
    assert "--kubeconfig" in told.value.cure
