"""Cells of a CSV: an empty one says nothing, and a column may hold lists, written as JSON or as
Python writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.importers.found import Unfit, shown
from store.importers.table_leaves import list_in

Row = dict[str, object]


@dataclass(frozen=True)
class Cells:
    """What the cells of a table are; of another file than CSV they stay as they are."""

    texts_only: bool = False
    lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, object]]) -> "Cells":
        """As in these rows. Lists are taken for such in two columns of one length, or where the
        first rows have lists of numbers or truth values, or of other lengths than one.
        """
        lists = {name: found for name in rows[0] if (found := lists_of(rows, name))}
        lengths = {name: [len(each) for each in found] for name, found in lists.items()}
        sure = {
            name
            for name, found in lists.items()
            if any(len(each) > 1 for each in found)
            and (all_atoms(found) or sum(lengths[name] == other for other in lengths.values()) > 1)
        }
        return cls(True, frozenset(sure))

    def lenient(self, row: Row) -> Row:
        """The row with lists for the cells that hold them."""
        if not self.texts_only:
            return row
        return {name: self.value(name, cell) for name, cell in row.items()}

    def strict(self, row: Row) -> Row:
        """So too. Raises Unfit where a cell should hold a list and does not."""
        if not self.texts_only:
            return row
        found = self.lenient(row)
        for name in self.lists:
            if isinstance(found[name], str):
                raise Unfit(name, f"is {shown(found[name])}, and must be a list")
        return found

    def value(self, name: str, cell: object) -> object:
        """What a cell holds."""
        if cell == "":
            return None
        if name in self.lists and isinstance(cell, str):
            found = list_in(cell)
            return cell if found is None else found
        return cell


def lists_of(rows: Sequence[Mapping[str, object]], name: str) -> list[list[object]] | None:
    """The lists of this column, if nearly every cell of it is one."""
    cells = [str(row[name]) for row in rows if row.get(name)]
    found = [each for cell in cells if (each := list_in(cell)) is not None]
    return found if found and len(found) >= 0.9 * len(cells) else None


def all_atoms(lists: Sequence[Sequence[object]]) -> bool:
    """Whether these are lists of texts: texts that begin with a bracket hold numbers, as a rule."""
    return all(isinstance(item, str) for each in lists for item in each)
