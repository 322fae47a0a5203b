"""The way to a Kubernetes cluster: client, watches, logs, port-forward. It knows nothing of experiments."""
