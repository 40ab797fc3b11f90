"""Floor 0: what every floor above stands on. Imports nothing of Badak."""
