"""Experiments as InferenceServices of OME in a Kubernetes cluster."""
