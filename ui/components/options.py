"""What can be chosen in the panel and in the message box: what is shown, and its value."""

CHOICES = [("The model decides", "auto"), ("No tools", "none"), ("At least one call", "required")]
KEEP = [
    ("Everything", "all"),
    ("Everything but earlier pictures", "no earlier pictures"),
    ("The last turn only", "last turn"),
]
DETAILS = [("Full", 1540), ("1024", 1024), ("512", 512)]  # pixels on a picture's longest edge
FULL = DETAILS[0][1]
