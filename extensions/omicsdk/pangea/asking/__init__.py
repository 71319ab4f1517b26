"""Asking a Pangea server: routes, pages, logins, and what is kept of answers."""
