"""One story told to the service and to a small model of its rules, with crashes and a clock that jumps."""
