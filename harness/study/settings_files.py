"""Settings in a TOML file, one table an optimizer, as tuning writes them and `--settings` reads them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from harness.whole_files import replace_text, writing_into
from optimizers import OPTIMIZERS

Settings = dict[str, dict[str, Any]]
TUNED = Path("results") / "tuned"
"""Where the winners of tuning lie, a file a problem."""


def tuned_file(problem: str) -> Path:
    """Where tuning keeps its winners for a problem, and where `--settings tuned` looks."""
    return TUNED / f"{problem}.toml"


def read_settings_file(source: str, problem: str) -> Settings:
    """The tables of the file `source`, or for the word `tuned` of what tuning has written; raises ValueError."""
    path = tuned_file(problem) if source == "tuned" else Path(source)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        hint = f" Make it with: harness tune --problem {problem} --optimizer NAME" if source == "tuned" else ""
        raise ValueError(f"--settings takes 'tuned' or a TOML file; '{path}' cannot be read.{hint}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"The settings in '{path}' are not TOML: {error}") from None
    if not all(isinstance(table, dict) for table in content.values()):
        raise ValueError(f"The settings in '{path}' are tables, such as [adam] with a line lr = 0.003.")
    strangers = [name for name in content if name in ("problem", problem) and name not in OPTIMIZERS]
    if strangers:
        raise ValueError(
            f"The settings in '{path}' are of optimizers, and [{strangers[0]}] is none. Settings of the problem are "
            "given with --set problem.NAME=VALUE, or with its options."
        )
    return content


def kept_settings(path: Path) -> Settings:
    """The tables of a file that winners are written into, none where there is no file; raises ValueError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"The winners are written into '{path}', which cannot be read as TOML: {error}. Mend it, or move it away."
        ) from None


def update_settings(path: Path, optimizer: str, settings: Mapping[str, Any]) -> None:
    """Write the settings of one optimizer into the file; those of others stay.

    TOML has no null: a setting that is None is left out, and stays as it is registered when the file is read."""
    with writing_into(path.parent):
        content = kept_settings(path)
        content[optimizer] = {name: value for name, value in settings.items() if value is not None}
        replace_text(path, tomli_w.dumps(dict(sorted(content.items()))))
