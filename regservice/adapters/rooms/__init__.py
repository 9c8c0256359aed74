"""Systems that make digital rooms, one a file."""
