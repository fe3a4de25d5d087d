"""What an answer holds that was asked for with a schema: its values, as fields, as a table and as CSV."""
