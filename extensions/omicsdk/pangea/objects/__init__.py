"""What a Pangea server holds, as objects that are fetched, created, changed and saved."""
