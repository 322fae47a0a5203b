"""What differs between the versions of OME that were recorded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ways:
    """One version. `ready_at_once`: the condition Ready is True whatever happens, and modelStatus is Loaded.
    `service_port`: of the Service that is named like the InferenceService; it is in the address, unless it is 80.
    `service_comes_and_goes`: where the ingress is not switched off, that Service is deleted and made again.
    `formats_must_fit`: a runtime that does not name the model's format gives no pods, else a harmless warning.
    `autoscaler_can_be_external`: an annotation keeps it from making an autoscaler.
    `backend`: which it passes to genai-bench where the service's environment has no PROTOCOL_VERSION.
    `benchmarks_beside_model`: a benchmark's pod goes to a node that has the model, and finds it mounted even with a
    podOverride, else to a node labelled nvidia.com/gpu=true."""

    version: str
    ready_at_once: bool
    service_port: int
    service_comes_and_goes: bool
    formats_must_fit: bool
    autoscaler_can_be_external: bool
    backend: str
    benchmarks_beside_model: bool

    def url(self, name: str, namespace: str) -> str:
        """The address that the status tells."""
        port = "" if self.service_port == 80 else f":{self.service_port}"
        return f"http://{name}.{namespace}.svc.cluster.local{port}"


WAYS = {
    "0.1.3": Ways("0.1.3", True, 80, True, True, False, "vllm", False),
    "1.2.2": Ways("1.2.2", False, 8080, False, False, True, "openai", True),
}
