"""What the README promises about settings and commands is what there is."""

import re
import tomllib

from app.settings import Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_explained_and_every_explained_one_exists() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert explained == {name.upper() for name in Settings.model_fields}


def test_defaults_are_told_as_they_are() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", README, re.MULTILINE)
    for name, told in rows:
        default = Settings.model_fields[name.lower()].default
        assert told in {str(default), "DATABASE_URL", "DATABASE_OWNER_URL"}, name


def test_every_command_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) - {"it"} <= targets


def test_pictures_exist() -> None:
    for path in re.findall(r"\]\((docs/pictures/[^)]+)\)", README):
        assert (ROOT / path).is_file(), path


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in named:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"^\|.*\b{re.escape(name)}\b.*\|.*\|$", told, re.MULTILINE), name
