"""Many matrices with the same rows, seen as one: bounds, joint SVDs, clusters."""
