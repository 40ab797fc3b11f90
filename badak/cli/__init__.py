"""Floor 7, the command line: `badak train`, `badak predict`, `badak data list`.

In reading order: `networks` (what can be built), `config` (all settings of a run), `parts` (its
data), `run` (its folder), `columns` and `report` (what is printed), `training` and `prediction`
(the work), `app` (the options), `entry` (errors and exit codes).
"""

from badak.cli.entry import main

__all__ = ["main"]
