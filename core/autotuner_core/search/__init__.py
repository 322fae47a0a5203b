"""Strategies that propose configurations: grid and random."""

from autotuner_core.search.strategy import search_for

__all__ = ["search_for"]
