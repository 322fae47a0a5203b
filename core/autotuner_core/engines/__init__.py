"""A configuration as an engine's flags: what is known of each engine, as data, and how values become arguments."""
