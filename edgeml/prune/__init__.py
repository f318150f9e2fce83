"""Which weights go: magnitude masks, schedules, and pruning of a bare graph."""
