"""The page's components and their layout. No behaviour."""
