"""What docs/ says of the code, drawn from the code; `make reference` renews it."""
