"""A stand-in of OME's controller: what the real one was seen to do, version by version, its unhelpful ways above all.

`python -m tests.cluster.ome --kubeconfig K --version 1.2.2`. It makes an InferenceService's Deployment, Services,
ConfigMap, PodDisruptionBudget and (older ones) HorizontalPodAutoscaler, and keeps its status; BenchmarkJobs are left
alone. It knows nothing of the product. tests/on_cluster/test_stand_in.py holds it against recordings of the real ones.
"""
