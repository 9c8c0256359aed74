"""Guards taken out on purpose: a test that stays green without the guard it is there for cannot fail."""
