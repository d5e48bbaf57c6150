"""The distribution of blocks over pages, whatever their heights."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.pdf_reportlab.flow import Block, Flow, Lines, Painted, Stack
from app.adapters.pdf_reportlab.table import Row
from app.adapters.pdf_reportlab.text import BODY, line

FIRST, TOP, BOTTOM = 250.0, 60.0, 770.0
HEAD = Painted(15.0, lambda _pen, _top: None)
ROWS = st.lists(st.integers(min_value=1, max_value=150), min_size=1, max_size=20)


def a_row(lines: int) -> Row:
    return Row([line("x", BODY)] * lines, (), ruled=True)


def totals(height: float) -> Painted:
    return Painted(height, lambda _pen, _top: None)


def a_flow() -> Flow:
    return Flow(first=FIRST, top=TOP, bottom=BOTTOM)


def blocks_of(flow: Flow) -> list[list[Block]]:
    return [[placed.block for placed in page] for page in flow.pages]


def lines_in(blocks: Sequence[Block]) -> int:
    return sum(len(block.concept) for block in blocks if isinstance(block, Row))


@given(ROWS, st.floats(min_value=60, max_value=500))
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_or_overflows_and_totals_have_company(
    heights: list[int], height: float
) -> None:
    flow, foot = a_flow(), totals(height)
    flow.table(HEAD, [a_row(lines) for lines in heights], foot, gap=20)
    pages = blocks_of(flow)
    assert sum(lines_in(page) for page in pages) == sum(heights)
    for placed_on_page in flow.pages:
        for placed in placed_on_page:
            assert placed.top + placed.block.height <= BOTTOM + 0.001
    assert foot in pages[-1]
    assert lines_in(pages[-1]) > 0
    for page in pages:
        assert not page or page[0] is HEAD


@given(st.lists(st.integers(min_value=1, max_value=6), min_size=2, max_size=80))
def test_two_short_rows_move_along(heights: list[int]) -> None:
    flow = a_flow()
    flow.table(HEAD, [a_row(lines) for lines in heights], totals(120), gap=20)
    assert len(blocks_of(flow)[-1]) >= 4


def test_the_head_is_not_left_at_the_foot_of_a_page() -> None:
    flow = Flow(first=BOTTOM - 40, top=TOP, bottom=BOTTOM)
    flow.table(HEAD, [a_row(1), a_row(1), a_row(1)], None, gap=20)
    assert blocks_of(flow)[0] == []
    assert flow.pages[1][0].top == TOP


def test_totals_taller_than_what_a_row_leaves_stand_below_it_or_alone() -> None:
    flow = a_flow()
    flow.table(HEAD, [Painted(400, lambda _pen, _top: None)], totals(600), gap=20)
    assert len(flow.pages) == 2


def test_totals_of_no_rows_follow_the_head() -> None:
    flow = a_flow()
    foot = totals(100)
    flow.table(HEAD, [], foot, gap=20)
    assert blocks_of(flow) == [[HEAD, foot]]


def test_short_blocks_move_whole_and_tall_ones_split() -> None:
    flow = Flow(first=BOTTOM - 100, top=TOP, bottom=BOTTOM)
    short = Lines(0, [line("x", BODY)] * 10)
    flow.add(short)
    assert blocks_of(flow) == [[], [short]]
    tall = Flow(first=BOTTOM - 100, top=TOP, bottom=BOTTOM)
    tall.add(Lines(0, [line("x", BODY)] * 100))
    assert [len(page) for page in tall.pages] == [1, 1, 1]


def test_a_stack_breaks_between_its_blocks_before_it_breaks_one() -> None:
    whole = Lines(0, [line("x", BODY)] * 3)
    stack = Stack((whole, whole, whole), gap=10)
    parts = stack.split(whole.height * 2 + 5)
    assert parts is not None
    assert [len(part.blocks) for part in parts] == [1, 2]
    assert stack.split(5) is None
    assert stack.split(stack.height) is None


def test_two_lines_stay_and_two_lines_go() -> None:
    lines = Lines(0, [line("x", BODY)] * 5)
    parts = lines.split(4 * BODY.leading)
    assert parts is not None
    assert [len(part.lines) for part in parts] == [3, 2]
    assert lines.split(BODY.leading) is None
    assert Lines(0, lines.lines[:3]).split(100) is None
