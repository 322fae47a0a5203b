"""An object that cannot be made, in words."""

from __future__ import annotations

from autotuner_core.failures import PreflightError


class ManifestError(PreflightError):
    """An object cannot be made out of task, runtime and template: what is in the way (`message`) and the `cure`."""
