"""plotly's script, from the installed package: it comes with the extra `report`."""

from importlib.resources import files

SCRIPT = "plotly.min.js"


def plotly_source() -> str:
    """The text of the library; raises ValueError where it is not installed."""
    try:
        return files("plotly").joinpath("package_data", SCRIPT).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        raise ValueError(
            "A report needs plotly 6 or newer, which is not installed. Say: pip install 'frequency-harness[report]'"
        ) from None
