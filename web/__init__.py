"""The page and the HTTP side of Pressbox."""
