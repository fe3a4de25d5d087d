"""The parts of the archive: its file and what goes wrong with it, older files, rows."""
