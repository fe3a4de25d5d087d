"""What is looked at before anything of a request is believed: whom it is for, its headers, its names, its form."""
