"""Floor 7, the command line: `badak train`, `badak predict`, `badak data list`.

In reading order: `networks` (what can be built), `run` (the folder), `report` (what is printed),
`training` and `prediction` (the work), `app` (options), `entry` (exit codes).
"""

from badak.cli.entry import main

__all__ = ["main"]
