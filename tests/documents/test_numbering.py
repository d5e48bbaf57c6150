"""How numbers are written, and which patterns can write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.numbering import NUMBER_LENGTH_MAX, may_collide, pattern_fault, write


@pytest.mark.parametrize(
    ("pattern", "counter", "year", "number"),
    [
        ("P-[yy]%%%%", 1, 2024, "P-240001"),
        ("P-[yy]%%%%", 785, 2024, "P-240785"),
        ("P-[yy]%%%%", 1, 2025, "P-250001"),
        ("P-[yy]%%%%", 786, 2025, "P-250786"),
        ("F/[yyyy]/%%%%%%", 42, 2026, "F/2026/000042"),
        ("[yy]A%", 7, 2030, "30A7"),
        ("A%%", 100, 2026, "A100"),
        ("X-[yy]%", 1, 2005, "X-051"),
    ],
)
def test_a_number_is_written_as_its_pattern_says(
    pattern: str, counter: int, year: int, number: str
) -> None:
    assert pattern_fault(pattern, "never") is None
    assert write(pattern, counter, year) == number


@pytest.mark.parametrize(
    ("pattern", "reset_policy", "fault"),
    [
        ("P-[yy]%%%%", "yearly", None),
        ("P-[yy]%%%%", "never", None),
        ("P-%%%%", "never", None),
        ("P-%%%%", "yearly", "pattern.year_missing"),
        ("P-[yy]", "yearly", "pattern.format"),
        ("%%%%", "never", "pattern.format"),
        ("p-[yy]%%%%", "yearly", "pattern.format"),
        ("P [yy]%%%%", "yearly", "pattern.format"),
        ("P'[yy]%%%%", "yearly", "pattern.format"),
        ("Ñ-[yy]%%%%", "yearly", "pattern.format"),
        ("-P[yy]%%%%", "yearly", "pattern.format"),
        ("P-[yyy]%%%%", "yearly", "pattern.format"),
        ("P-[yy]%%%%-X", "yearly", "pattern.format"),
        ("P-%%[yy]%%", "yearly", "pattern.format"),
        ("P-[yy]%%%%%%%%%%%", "yearly", "pattern.format"),
        ("P-[yy]%%%%\n", "yearly", "pattern.format"),
        ("", "never", "pattern.format"),
        ("ABCDEFGHIJKL-[yy]%%%", "yearly", None),
        ("ABCDEFGHIJKLM-[yy]%%%", "yearly", "pattern.too_long"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_named(
    pattern: str, reset_policy: str, fault: str | None
) -> None:
    assert pattern_fault(pattern, reset_policy) == fault


PATTERNS = st.from_regex(r"[A-Z]{1,3}(-|/)?(\[yy\]|\[yyyy\])%{1,6}", fullmatch=True)


@given(PATTERNS, st.integers(1, 999_999), st.integers(1, 999_999), st.integers(2020, 2099))
def test_numbers_of_a_series_never_coincide_and_fit(
    pattern: str, one: int, other: int, year: int
) -> None:
    assert pattern_fault(pattern, "yearly") is None
    numbers = write(pattern, one, year), write(pattern, other, year)
    assert (numbers[0] == numbers[1]) == (one == other)
    assert all(len(number) <= NUMBER_LENGTH_MAX for number in numbers)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("P-[yy]%%%%", "P-[yy]%%%%", True),
        ("P-[yy]%%%%", "P-26%%%%", True),
        ("P-[yy]%%%%", "P-%%", True),
        ("P-[yyyy]%%", "P-[yy]%%", True),
        ("P-[yy]%%%%", "PX-[yy]%%%%", False),
        ("A-[yy]-%%", "A-[yy]/%%", False),
        ("R[yy]%%", "R[yy]A%%", False),
    ],
)
def test_patterns_that_could_write_one_number_are_told_apart(
    one: str,
    other: str,
    *,
    expected: bool,
) -> None:
    assert may_collide(one, other) is expected
    assert may_collide(other, one) is expected
