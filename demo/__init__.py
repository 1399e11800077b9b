"""Pictures that are drawn here: the demo film and a test pattern. Nothing of Pressbox is needed."""
