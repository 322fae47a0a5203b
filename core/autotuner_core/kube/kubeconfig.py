"""The way in by a kubeconfig: read by the kubernetes package, save for the plugins that give tokens."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.failures import PreflightError
from autotuner_core.kube.exec_plugin import Credential, run_plugin
from autotuner_core.kube.login import Login, bearer_of
from autotuner_core.kube.pool import new_pool


def by_kubeconfig(files: tuple[Path, ...], asked: str | None, environment: Mapping[str, str] = os.environ) -> Login:
    """The way in that context `asked` (None: the current one) of the files together tells of. Raises PreflightError."""
    from kubernetes.config.config_exception import ConfigException
    from yaml import YAMLError  # type: ignore[import-untyped]

    where = os.pathsep.join(map(str, files))
    try:
        return _logged_in(files, where, asked, environment)
    except (ConfigException, YAMLError, ImportError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreflightError(
            f"the kubeconfig {where} cannot be used: {_harmless(error)}",
            cure="`kubectl config view` with the same file tells more; name another with --kubeconfig.",
        ) from error


def _harmless(error: Exception) -> str:
    """Its words in a line. The package shows whole users in them, with their tokens: not these."""
    return " ".join(re.sub(r"\{.*\}", "{...}", str(error), flags=re.DOTALL).split())


def _logged_in(files: tuple[Path, ...], where: str, asked: str | None, environment: Mapping[str, str]) -> Login:
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import kube_config as package

    kube_config: Any = package  # it has no types
    merged = kube_config.KubeConfigMerger(where)
    chosen = _Chosen.of(merged.config, asked, where)
    plugin = chosen.user.pop("exec", None)  # run below
    configuration = Configuration()
    getattr(kube_config, "_temp_files", {}).clear()  # older versions do not see that a file of theirs is gone
    with tempfile.TemporaryDirectory(prefix="autotuner-tui-") as scratch:  # keys lie in files for a moment
        # A refresh token of `auth-provider` is good for once: the new one is written back, as kubectl does.
        loader = kube_config.KubeConfigLoader(
            config_dict=merged.config,
            active_context=chosen.name,
            config_base_path=None,
            config_persister=None if plugin else merged.save_changes,
            temp_file_path=scratch,
        )
        loader.load_and_set(configuration)
        authorization, expires = bearer_of(configuration), None
        if plugin and authorization() is None:
            given = run_plugin(plugin, chosen.folder, chosen.cluster, environment)
            authorization, expires = _header_of(given), given.expires
            _take_certificate(configuration, given, Path(scratch))
        pool = new_pool(configuration, chosen.cluster.get("proxy-url"), environment)
    return Login(str(configuration.host), chosen.name, chosen.namespace, files, pool, authorization, expires)


@dataclass(frozen=True)
class _Chosen:
    """The context that counts, and what the kubeconfig says of its cluster and user. `folder` is the user's file's."""

    name: str
    namespace: str | None
    cluster: dict[str, Any]
    user: dict[str, Any]
    folder: Path

    @classmethod
    def of(cls, config: Any, asked: str | None, where: str) -> _Chosen:
        """Raises PreflightError, and what the package raises."""
        names = [str(context["name"]) for context in config["contexts"]]
        if asked is not None and asked not in names:
            raise PreflightError(
                f"the kubeconfig {where} has no context {asked!r}", cure=f"It has: {', '.join(names) or 'none'}."
            )
        name = asked or str(config["current-context"])
        context = config["contexts"].get_with_name(name).value["context"]
        cluster = config["clusters"].get_with_name(context["cluster"]).value["cluster"]
        user = config["users"].get_with_name(context.get("user"), safe=True) if context.get("user") else None
        if context.get("user") and user is None:
            raise ValueError(f"context {name} is of user {context['user']}, who is not in it")
        about = (user.value.get("user") if user is not None else None) or {}
        folder = Path(user.path or ".").parent if user is not None else Path()
        return cls(name, context.get("namespace"), cluster, about, folder)


def _header_of(given: Credential) -> Any:
    return lambda: f"Bearer {given.token}" if given.token else None


def _take_certificate(configuration: Any, given: Credential, scratch: Path) -> None:
    if given.certificate and given.key:
        configuration.cert_file, configuration.key_file = str(scratch / "cert.pem"), str(scratch / "key.pem")
        Path(configuration.cert_file).write_text(given.certificate, encoding="utf-8")
        Path(configuration.key_file).write_text(given.key, encoding="utf-8")
