"""Why an experiment's InferenceService does not serve: pure functions over plain Kubernetes objects."""

from autotuner_core.deploy.ome.diagnosis.refusals import not_made, refused
from autotuner_core.deploy.ome.diagnosis.verdict import diagnose, not_ready_in_time
from autotuner_core.deploy.ome.diagnosis.view import InGrace, Logs, ServiceView, Verdict

__all__ = ["InGrace", "Logs", "ServiceView", "Verdict", "diagnose", "not_made", "not_ready_in_time", "refused"]
