"""The host of a run as a process of its own: what it is told to do, how it is started, what it answers."""
