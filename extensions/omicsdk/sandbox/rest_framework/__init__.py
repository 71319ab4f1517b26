"""The behaviour of services made with Django REST framework (3.14): words, bodies, fields, pages, paths."""
