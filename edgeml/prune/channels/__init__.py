"""Output channels that go as a whole: which depend on each other, which to take, and the smaller graph."""
