"""A bare float graph made sparse with a few samples and no training: importance, weights fitted anew, targets."""
