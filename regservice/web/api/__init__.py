"""The JSON API for other systems of the town, under `/api/v1`."""
