"""How this machine reaches the engines of a run."""
