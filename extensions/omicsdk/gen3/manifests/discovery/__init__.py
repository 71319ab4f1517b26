"""What a commons shows on its discovery page, as tables: read, published, combined with others."""
