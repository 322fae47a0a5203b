"""What stands in panels, made from the fold and the streams by plain functions: no screen is needed to test them."""
