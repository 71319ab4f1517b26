"""What handwritten commands do when they run; what they are called and take stands in `workflows` and `builtin`."""
