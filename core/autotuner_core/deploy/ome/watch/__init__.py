"""What is seen of a run's services: one watch per kind, handed to the services that it is about."""
