"""Blocks, and their distribution over pages. Measures are points from the top."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.text import TextLine

LINES_KEPT = 2
"""A text that is split leaves and takes at least so many lines."""

ROWS_KEPT = 2
"""So many rows move along with totals that find no room."""

_START = 72.0
"""A table begins at the foot of a page only with so much room for its first row."""


class Block(Protocol):
    """Something that takes the whole width of the body and has a height."""

    @property
    def height(self) -> float:
        """The room it takes."""
        ...

    def draw(self, pen: Pen, top: float) -> None:
        """Draw it from `top` downwards."""
        ...

    def split(self, room: float) -> "tuple[Block, Block] | None":
        """Cut it in two so that the first fits, or None when it does not split."""
        ...


@dataclass(frozen=True, slots=True)
class Painted:
    """A block that never splits, drawn by a function of pen and top."""

    height: float
    draw: Callable[[Pen, float], None]

    def split(self, room: float) -> None:
        """Stay whole."""
        del room


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text one below the other."""

    x: float
    lines: Sequence[TextLine]

    @property
    def height(self) -> float:
        """The leading of every line."""
        return sum(line.leading for line in self.lines)

    def draw(self, pen: Pen, top: float) -> None:
        """Draw line after line."""
        for line in self.lines:
            pen.text(self.x, top, line)
            top += line.leading

    def split(self, room: float) -> "tuple[Lines, Lines] | None":
        """Cut between two lines."""
        fitting = lines_fitting(self.lines, room)
        if fitting == 0:
            return None
        return Lines(self.x, self.lines[:fitting]), Lines(self.x, self.lines[fitting:])


def lines_fitting(lines: Sequence[TextLine], room: float) -> int:
    """Count the lines to leave before a break; 0 when too few would stay or go."""
    count = 0
    for line in lines:
        room -= line.leading
        if room < 0:
            break
        count += 1
    count = min(count, len(lines) - LINES_KEPT)
    return count if count >= LINES_KEPT else 0


@dataclass(frozen=True, slots=True)
class Stack:
    """Blocks one below the other, kept together while a page can hold them."""

    blocks: tuple[Block, ...]
    gap: float = 0.0

    @property
    def height(self) -> float:
        """Of the blocks and the gaps between them."""
        gaps = self.gap * max(len(self.blocks) - 1, 0)
        return sum(block.height for block in self.blocks) + gaps

    def draw(self, pen: Pen, top: float) -> None:
        """Draw block after block."""
        for block in self.blocks:
            block.draw(pen, top)
            top += block.height + self.gap

    def split(self, room: float) -> "tuple[Stack, Stack] | None":
        """Cut inside the first block that does not fit, or before it if that is apart."""
        for index, block in enumerate(self.blocks):
            if block.height > room:
                before, after = self.blocks[:index], self.blocks[index + 1 :]
                parts = block.split(room)
                if parts is not None:
                    head, tail = parts
                    return Stack((*before, head), self.gap), Stack((tail, *after), self.gap)
                if before and self.gap:
                    return Stack(before, self.gap), Stack(self.blocks[index:], self.gap)
                return None
            room -= block.height + self.gap
        return None


@dataclass(frozen=True, slots=True)
class Placed:
    """A block at its place on a page."""

    block: Block
    top: float


class Flow:
    """Fills page after page.

    Attributes:
        pages: What was placed so far.
    """

    def __init__(self, *, first: float, top: float, bottom: float) -> None:
        """Open the first page.

        Args:
            first: Where the body begins on the first page.
            top: Where it begins on the others.
            bottom: Where it ends on every page.
        """
        self.pages: list[list[Placed]] = [[]]
        self._y = first
        self._top = top
        self._bottom = bottom
        self._head: Block | None = None

    @property
    def room(self) -> float:
        """What is left on this page."""
        return self._bottom - self._y

    def add(self, block: Block, gap: float = 0.0) -> None:
        """Place a block below the last, on the next page if it does not fit.

        What is taller than half a page is split instead of moved.
        """
        if gap + block.height <= self.room:
            self._place(block, gap)
            return
        tall = block.height > (self._bottom - self._top) / 2
        if tall and (parts := block.split(self.room - gap)) is not None:
            self._place(parts[0], gap)
            self._turn()
            self.add(parts[1])
            return
        self._turn()
        if block.height > self.room and (parts := block.split(self.room)) is not None:
            self._place(parts[0])
            self._turn()
            self.add(parts[1])
        else:
            self._place(block)

    def table(
        self, head: Block, rows: Sequence[Block], totals: Block | None, *, gap: float
    ) -> None:
        """Place rows under a head that every page repeats, and totals that never stand alone."""
        first = rows[0].height if rows else 0.0
        if gap + head.height + min(first, _START) > self.room:
            self._turn()
            gap = 0.0
        self._place(head, gap)
        self._head = head
        for row in rows:
            self.add(row)
        if totals is not None:
            if totals.height > self.room:
                self._move_along(totals)
            self._place(totals)
        self._head = None

    def _move_along(self, totals: Block) -> None:
        """Turn the page, taking the last rows with the totals."""
        page = self.pages[-1]
        assert self._head is not None  # noqa: S101 - only inside a table
        room = self._bottom - self._top - self._head.height - totals.height
        taken: list[Block] = []
        while len(taken) < ROWS_KEPT and page[-1].block is not self._head:
            row = page[-1].block
            if row.height > room:
                break
            room -= row.height
            taken.insert(0, row)
            page.pop()
        if not taken and page[-1].block is not self._head:
            last = page.pop()
            parts = last.block.split(last.block.height - min(room, last.block.height / 2))
            page.append(last if parts is None else Placed(parts[0], last.top))
            taken = [] if parts is None else [parts[1]]
        if page[-1].block is self._head:
            page.pop()
        self._turn()
        for row in taken:
            self._place(row)

    def _place(self, block: Block, gap: float = 0.0) -> None:
        self.pages[-1].append(Placed(block, self._y + gap))
        self._y += gap + block.height

    def _turn(self) -> None:
        self.pages.append([])
        self._y = self._top
        if self._head is not None:
            self._place(self._head)
