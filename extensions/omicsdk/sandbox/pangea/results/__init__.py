"""Analysis results, their fields and the files of these, and the pipelines that make them."""
