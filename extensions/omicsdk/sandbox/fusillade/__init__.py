"""The sandbox's Fusillade: who somebody is (OAuth 2.0 and OpenID Connect) and what they may do (policies)."""
