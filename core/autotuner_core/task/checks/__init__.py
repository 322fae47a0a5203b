"""What pydantic cannot see: rules of meaning, between keys, and of the world that a task will run in."""
