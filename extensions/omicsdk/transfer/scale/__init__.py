"""Transfers that are cut into shards, which any executor or cluster runs."""
