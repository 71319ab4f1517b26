"""Crosswalks: what a subject of one commons is called in others."""
