"""Files of conversations, other programs’ above all: a file -> chats -> entries -> pieces -> our messages."""
