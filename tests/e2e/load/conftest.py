"""The load generator, started once for all tests of this folder. Those that start it anew take their time."""

from bench_rig import bench, tokenizer

__all__ = ["bench", "tokenizer"]
