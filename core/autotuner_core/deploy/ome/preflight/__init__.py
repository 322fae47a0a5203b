"""What is in a run's way in a cluster, found before the first experiment: all of it at once, each with its cure."""

from autotuner_core.deploy.ome.preflight.run import preflight

__all__ = ["preflight"]
