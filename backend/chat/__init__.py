"""The nouns of a chat: messages, requests, settings, the tree. Imports nothing of ours from outside."""
