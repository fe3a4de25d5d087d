"""How sure a server's model was of its tokens, where the server tells."""
