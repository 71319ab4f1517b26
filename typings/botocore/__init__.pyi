#: What signs nothing.
UNSIGNED: object
