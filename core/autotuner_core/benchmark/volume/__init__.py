"""The claims that a load inside the cluster writes its results to, and the way home for what lies on them."""
