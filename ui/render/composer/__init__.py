"""The strip above the message box, as HTML."""
