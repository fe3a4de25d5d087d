"""What can be chosen in the panel and in the message box: what is shown, and its value."""

CHOICES = [("Auto", "auto"), ("Off", "none"), ("Required", "required")]
KEEP = [
    ("Full chat", "all"),
    ("Without earlier images", "no earlier pictures"),
    ("Last message only", "last turn"),
]
DETAILS = [("Original size", 1540), ("1024 px", 1024), ("512 px", 512)]  # pixels on a picture's longest edge
FULL = DETAILS[0][1]
