"""What a program asks for, as this app's own values: settings, tools and messages."""
