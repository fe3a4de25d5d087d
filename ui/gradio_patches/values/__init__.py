"""What an event gives, on its way to the page."""
