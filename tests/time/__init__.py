"""Clocks that change, jump and differ: what is due leaves once, at its time, with the right hour in its words."""
