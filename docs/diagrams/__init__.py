"""Drawings of the program, made from its code: each module has `draw()`, which gives SVG."""
