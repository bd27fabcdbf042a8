"""The folder of a study that a word is given."""

from pathlib import Path

from harness.study.comparison import Results, load
from harness.study.file.study_file import Study, read_study
from harness.study.ledger.ledger import Ledger
from harness.study.sharing.papers import FILE
from harness.study.store import STUDY


def existing(folder: Path) -> Path:
    """The folder; raises ValueError unless it holds a study."""
    if not (folder / STUDY).is_file():
        raise ValueError(f"A study's folder is required, as 'harness sweep' prints it; '{folder}' holds none.")
    return folder


def study_in(folder: Path) -> Study:
    """The study whose file lies in the folder; raises ValueError."""
    if not (existing(folder) / FILE).is_file():
        raise ValueError(f"The study in '{folder}' has no {FILE}: start it again with the command that began it.")
    return read_study(folder / FILE)


def loaded(folder: Path) -> Results:
    """Its tables; raises ValueError where there are none."""
    try:
        return load(folder)
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"A study's folder is required, as 'harness sweep' prints it; '{folder}' holds none."
        ) from None


def quiet(ledger: Ledger) -> None:
    """Raise ValueError if another process works on the ledger."""
    others = ledger.leases().others()
    if others:
        who = ", ".join(sorted(owner.split("~")[0] + ", process " + owner.split("~")[1] for owner in others))
        raise ValueError(f"Somebody works on this study: {who}. Wait until that has ended.")
