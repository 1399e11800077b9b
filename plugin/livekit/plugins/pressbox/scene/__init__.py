"""What goes on in the picture: what moves, who is there, and what of it is news."""
