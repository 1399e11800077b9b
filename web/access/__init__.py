"""Who may reach the server, and what for: hosts, origins, the operator, viewer links, limits."""
