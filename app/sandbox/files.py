"""JSON files that are either whole or not there, for their owner's eyes only."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue


def write_facts(path: Path, facts: Mapping[str, JsonValue]) -> None:
    """Write a JSON file beside its place and move it there."""
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    half.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)
