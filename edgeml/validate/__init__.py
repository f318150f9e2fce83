"""The same inputs through every runtime, compared pair by pair and layer by layer; and proofs from the weights."""
