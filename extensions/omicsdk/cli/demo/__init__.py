"""`omics demo`: the whole product at work on a small real data set, against a server that it starts itself."""
