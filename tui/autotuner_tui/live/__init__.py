"""The live view of a run's folder: what it shows, which keys it takes, how it asks the run's host for something."""
