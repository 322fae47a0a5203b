"""Logs as they are in their files: where each line begins, what has come, where a text stands. No screen here."""
