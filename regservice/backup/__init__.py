"""A consistent copy of the database while the service runs, and bringing one back."""
