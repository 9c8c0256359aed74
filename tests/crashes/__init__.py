"""The story of an event, ended at every boundary: after a restart nothing is lost and nothing doubled."""
