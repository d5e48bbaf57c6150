"""The table of `docs/benchmarks.md`: what is between the marks is written by `make bench`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import Figures
from bench.operations import Goal

BEGIN = "<!-- written by make bench: begin -->"
_HEAD = (
    "| operation | documents | ours | bare | share | p50 / p95 | CPU: ours, PostgreSQL "
    "| CPU: bare, PostgreSQL | goal | met |\n|---|--:|--:|--:|--:|--:|--:|--:|---|---|"
)
END = "<!-- written by make bench: end -->"


@dataclass(frozen=True, slots=True)
class Measured:
    """An operation's figures at one size."""

    name: str
    size: int
    goal: Goal
    ours: Figures
    twin: Figures

    @property
    def share(self) -> float:
        """How much of the twin's rate ours reaches."""
        return self.ours.rate / self.twin.rate

    @property
    def is_met(self) -> bool:
        """Whether every part of the goal is reached."""
        goal, ours = self.goal, self.ours
        return (
            (goal.share is None or self.share >= goal.share)
            and (goal.rate is None or ours.rate >= goal.rate)
            and (goal.p50_ms is None or ours.p50_ms <= goal.p50_ms)
            and (goal.p95_ms is None or ours.p95_ms <= goal.p95_ms)
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure that has no twin over HTTP."""

    name: str
    figure: str
    beside: str
    goal: str
    is_met: bool


def table(measured: Sequence[Measured]) -> str:
    """Write the operations, one line for each size."""
    lines = [_HEAD]
    for one in measured:
        ours, twin = one.ours, one.twin
        lines.append(
            f"| {one.name} | {one.size:,} | {_rate(ours)} | {_rate(twin)} | {one.share:.0%} "
            f"| {ours.p50_ms:.1f} / {ours.p95_ms:.1f} ms "
            f"| {ours.server_ms:.2f}, {ours.database_ms:.2f} ms "
            f"| {twin.server_ms:.2f}, {twin.database_ms:.2f} ms "
            f"| {one.goal.text} | {_met(one.is_met)} |"
        )
    return "\n".join(lines)


def facts_table(facts: Sequence[Fact]) -> str:
    """Write the other figures."""
    lines = ["| what | measured | beside it | goal | met |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.name} | {one.figure} | {one.beside} | {one.goal} | {_met(one.is_met)} |"
        for one in facts
    ]
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put the text between the marks of a file, and leave the rest as it is."""
    page = path.read_text(encoding="utf-8") if path.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _rate(figures: Figures) -> str:
    return f"{figures.rate:,.0f}/s ± {figures.spread / 2:.0%}"


def _met(is_met: bool) -> str:  # noqa: FBT001 - what it says is what it is
    return "yes" if is_met else "**no**"
