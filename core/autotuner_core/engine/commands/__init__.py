"""What a run can be asked to do while it is under way, each with its answer in words."""
