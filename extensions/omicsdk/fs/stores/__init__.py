"""The stores of the platforms, one module a scheme."""
