"""Conversations for elsewhere: as files to read, to import again, and in the form that others take."""
