"""The load generator, started once for all tests of this folder."""

from bench_rig import bench, tokenizer

__all__ = ["bench", "tokenizer"]
