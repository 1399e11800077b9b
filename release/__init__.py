"""What `make audit`, `make version` and `make release` run."""
