"""What a machine lacks for a run, and the cure: one file per kind of check."""
