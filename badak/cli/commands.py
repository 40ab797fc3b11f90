"""What all groups of commands have in common."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from badak.base.errors import unknown_name


class Commands(TyperGroup):
    """Commands that answer an unknown name as all of Badak does."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise unknown_name("command", cmd_name, self.list_commands(ctx))
        return found


def examples(*lines: str) -> str:
    r"""The end of a help text.

    >>> examples("badak train digits")
    'Examples:\n  badak train digits'
    """
    return "\n".join(["Examples:", *(f"  {line}" for line in lines)])
