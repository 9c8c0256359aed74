"""What `make bench` measures: CPU time and statements, as ratios against this machine's own limit in the same run."""
