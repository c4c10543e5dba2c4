"""What the events of a run add up to."""

from workbench.state.items import Item, Text, ToolCall
from workbench.state.meaning import Phase
from workbench.state.run import RunState, fold

__all__ = ["Item", "Phase", "RunState", "Text", "ToolCall", "fold"]
