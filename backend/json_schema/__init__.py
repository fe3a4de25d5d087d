"""JSON Schema: which draft a schema is of, what it consists of, its references, and what breaks it."""
