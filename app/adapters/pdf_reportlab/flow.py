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

_COMPANY_MOST = 180.0
"""Rows that are taller than this together do not move; the last one is split instead."""

_START = 72.0
"""A table begins at the foot of a page only with so much room for its first row."""

_REMAINDER = 60.0
"""So much of a tall last row goes with the totals."""


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


def _company(rows: Sequence[Block]) -> Sequence[Block]:
    """Choose the last rows that totals take along: two, one if those are tall, or none."""
    for count in range(min(ROWS_KEPT, len(rows)), 0, -1):
        last = rows[len(rows) - count :]
        if sum(row.height for row in last) <= _COMPANY_MOST:
            return last
    return ()


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
        """Place rows under a head that every page repeats, then totals in company of rows."""
        kept = _company(rows) if totals else ()
        others = rows[: len(rows) - len(kept)]
        ending = sum(block.height for block in kept) + (totals.height if totals else 0.0)
        start = min(others[0].height, _START) if others else ending
        if gap + head.height + start > self.room:
            self._turn()
            gap = 0.0
        self._place(head, gap)
        self._head = head
        for row in others[:-1] if totals and not kept else others:
            self.add(row)
        if totals and not kept and others:
            self._close_tall(others[-1], totals)
        elif totals:
            if ending > self.room:
                self._turn()
            for block in (*kept, totals):
                self._place(block)
        self._head = None

    def _close_tall(self, row: Block, totals: Block) -> None:
        """Place a last row that is tall, so that some of its lines stand above the totals."""
        while row.height + totals.height > self.room:
            fits = row.height <= self.room
            parts = row.split(row.height - _REMAINDER if fits else self.room)
            is_fresh = len(self.pages[-1]) == 1
            if parts is None and is_fresh:
                break
            if parts is not None:
                self._place(parts[0])
                row = parts[1]
            self._turn()
        self._place(row)
        if totals.height > self.room:
            self._turn()
        self._place(totals)

    def _place(self, block: Block, gap: float = 0.0) -> None:
        self.pages[-1].append(Placed(block, self._y + gap))
        self._y += gap + block.height

    def _turn(self) -> None:
        self.pages.append([])
        self._y = self._top
        if self._head is not None:
            self._place(self._head)
