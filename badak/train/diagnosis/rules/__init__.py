"""What may be wrong with a training: a table of rules in families, put together in `table`."""
