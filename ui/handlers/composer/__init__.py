"""What is done with the files in the message box."""
