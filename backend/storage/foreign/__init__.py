"""Conversations as other programs write them: files -> chats -> entries -> pieces -> our messages."""
