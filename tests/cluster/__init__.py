"""A real Kubernetes cluster on this machine, for tests and for trying things: `python -m tests.cluster --help`.

Control plane and node are the real programs, built from Go modules (build.py) and installed from Debian's packages
(packages.py). Each cluster lives in namespaces of its own (holder.py): network, mounts and processes vanish together
when their first process is killed. On the host there is one network interface for each cluster, and a folder in the
cache. Nothing here knows the product, nor needs any package: Python 3.10 alone.
"""
