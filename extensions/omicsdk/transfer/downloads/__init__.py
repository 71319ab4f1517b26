"""Downloads: jobs through checking, locating, fetching, hashing and landing."""
