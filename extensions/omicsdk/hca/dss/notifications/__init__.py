"""Notifications of the Data Store: what they say, and a server that receives them."""
