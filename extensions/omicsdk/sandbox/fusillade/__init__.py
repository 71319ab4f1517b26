"""The sandbox's Fusillade: who a user is (OAuth 2.0 and OpenID Connect) and what they may do (policies)."""
