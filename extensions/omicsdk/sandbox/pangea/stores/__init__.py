"""What the platform keeps: things and links, accounts, who sees what, buckets, prototypes of orders."""
