"""Tidy drawings: where the nodes of a graph stand so that its wires can be followed.

The layered layout of Sugiyama, Tagawa and Toda (1981): nodes stand in columns, wires lead from
left to right (:mod:`graph.tidy.columns`), the order within the columns is chosen for few crossings
(:mod:`graph.tidy.crossings`), and heights for straight wires (:mod:`graph.tidy.heights`). All
lengths are scene pixels. Plain Python and deterministic: the same graph gives the same drawing.
"""

from graph.tidy.columns import Box, Link
from graph.tidy.layout import COLUMN_GAP, ROW_GAP, Tidied, tidy

__all__ = ["COLUMN_GAP", "ROW_GAP", "Box", "Link", "Tidied", "tidy"]
