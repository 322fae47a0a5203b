"""The engine room of autotuner-tui: everything but the screen, usable as a library."""
