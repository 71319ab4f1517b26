"""The published clients of the platforms, by their module layout, names and signatures, over omicsdk."""
