"""Who is on the platform, what they belong to, and who pays."""
