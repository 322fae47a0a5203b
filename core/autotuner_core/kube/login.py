"""A way into a cluster that was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.kube.errors import KubeError

EARLY_SECONDS = 10.0
"""A token is renewed this long before its end: a request with it must arrive in time."""


@dataclass(frozen=True)
class Login:
    """`pool` is urllib3's, with the certificates in it. `authorization` gives the header's value, None where a
    certificate is all there is. `expires` is in seconds since the epoch: then one must log in anew (None: nothing is
    known of an end). `files` is empty within a pod."""

    server: str
    context: str
    namespace: str | None
    files: tuple[Path, ...]
    pool: Any
    authorization: Callable[[], str | None]
    expires: float | None = None

    def has_run_out(self, now: float) -> bool:
        """Whether it has, or will in a moment, at `now` (seconds since the epoch, by the server's clock: this machine's
        may be wrong, and would have every request log in anew)."""
        return self.expires is not None and now > self.expires - EARLY_SECONDS


def bearer_of(configuration: Any) -> Callable[[], str | None]:
    """The token of a configuration of the kubernetes package, which reads it anew where it is in a file of a pod."""
    from kubernetes.config.config_exception import ConfigException

    def authorization() -> str | None:
        try:
            token = configuration.auth_settings().get("BearerToken") or {}
        except (ConfigException, OSError) as error:
            raise KubeError(401, "Unauthorized", f"the token cannot be read: {error}") from error
        return token.get("value")

    return authorization
