"""Steering a run from outside: the host's control socket and those who speak to it."""
