"""An answer that was asked for with a schema, as a form or a table -> HTML of ours."""
