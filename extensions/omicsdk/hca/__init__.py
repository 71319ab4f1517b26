"""The services of the Human Cell Atlas: the Data Store, Fusillade and upload areas, and what they share."""
