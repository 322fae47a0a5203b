"""A stand-in of OME's controller: what the real one was seen to do, version by version, its unhelpful ways above all.

`python -m tests.cluster.ome --kubeconfig K --version 1.2.2 [--webhooks]`. It makes an InferenceService's Deployment,
Services, ConfigMap, PodDisruptionBudget and HorizontalPodAutoscaler, and keeps its status (services.py); it makes a
BenchmarkJob's batch Job and follows its state (benchmarks.py); with webhooks it is asked about both before they are
stored. It knows nothing of the product. tests/on_cluster/test_stand_in*.py holds it against recordings
of the real ones.
"""
