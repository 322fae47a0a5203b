"""A task file as it is edited: what its half-typed text says, and where its text is kept. Knows no screen."""
