"""One file per command: `add_arguments(parser)` and `run(arguments) -> int`, found through `cli/registry.py`."""
