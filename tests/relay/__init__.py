"""Mail through a relay that fails: every fault end to end, in masses, against a clock, and hostile texts."""
