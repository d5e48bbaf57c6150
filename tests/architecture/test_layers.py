"""Imports go downward only; `pyproject.toml` draws the layers."""

from importlinter.cli import lint_imports

from tests.conftest import ROOT


def test_the_import_contracts_are_kept() -> None:
    outcome = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert outcome == 0, "run `lint-imports` to see which import went the wrong way"
