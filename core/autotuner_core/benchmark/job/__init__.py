"""The load from inside the cluster: OME's BenchmarkJobs."""
