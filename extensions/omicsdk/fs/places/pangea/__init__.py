"""Fields of Pangea's analysis results as files."""
