"""Time travel: a training that can be gone back to, and that can branch."""

from badak.lab.timeline.difference import Difference
from badak.lab.timeline.timeline import Timeline

__all__ = ["Difference", "Timeline"]
