"""What the site has beside the pages of `docs/`: files of the root, pages of registries and words, committed tables.

Links of a page that leave `docs/` lead to what is made here: a table is copied, a folder is named without link."""

import re
from pathlib import Path

from markdown.extensions.toc import slugify
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from harness.commands import SECTIONS, names, options_of
from harness.commands.docs.named_pages import named_pages, plain
from harness.commands.list.work import LISTS
from harness.commands.parser import parser_of
from harness.figures import FIGURES
from harness.figures.kept.film import animation
from optimizers import OPTIMIZERS

ROOT = Path(__file__).parents[2]
COPIED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "results/README.md": "tables.md",
}
"""Files of the root, and the pages they are."""
TABLES = (
    "results/reference/**/*.csv",
    "results/reference/**/*.toml",
    "results/reference/**/*.parquet",
    "atlas/tables*/*.csv",
)
"""What of the committed tables pages may link to."""
PYTHON = ("compare", "sweep", "load", "load_table", "plan", "Results")
"""Names of `harness` with the modules that they stand in."""
MODULES = {"compare": "harness.study.making", "sweep": "harness.study.making"}
CONTRACTS = ("optimizers.base.Optimizer", "optimizers.base.Objective", "problems.base.recipe.Recipe")
DRAWN = {"heatmap": "sin135.png", "order": "sin135-all.png", "pictures": "image-pictures.png"}
DRAWN |= {"parts": "mnist-parts.png", "response": "mnist-response.png"}
DRAWN |= {"samples": "digits-samples.png"}
"""Pictures of the docs that show a figure; `make gallery` draws those of the others, by name."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the tables."""
    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    for path in sorted(path for pattern in TABLES for path in ROOT.glob(pattern)):
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links that leave `docs/` to where the site has their content."""
    del config, files
    source = page.file.src_uri
    text = within(markdown) if "/" not in source else markdown
    return zoomed(linked(text, source))


def pages() -> dict[str, str]:
    """The pages that are made, by name."""
    made = {page: rooted((ROOT / file).read_text()) for file, page in COPIED.items()}
    made |= {"words.md": words(), "registries.md": registries(), "python.md": python(), "gallery.md": gallery()}
    return made | named_pages()


def rooted(text: str) -> str:
    """A text of the root as a page: what it links in `docs/` lies beside it."""
    return re.sub(r"\]\(docs/", "](", text)


def within(text: str) -> str:
    """Links to tables and to files of the root, as the site has them; of folders the text alone."""
    for file, page in COPIED.items():
        text = text.replace(f"](../{file})", f"]({page})")
    text = re.sub(r"\[([^\]]+)\]\(\.\./[^)]*/[^).]+\)", r"\1", text)
    folders = "|".join(sorted({pattern.split("*")[0] for pattern in TABLES}))
    return re.sub(rf"\]\(\.\./((?:{folders})[^)]+)\)", r"](\1)", text)


NAMED = re.compile(r"(?<!\[)`(docs/[\w/-]+\.md|README\.md|CONTRIBUTING\.md|CHANGELOG\.md|results/README\.md)`(?!\])")
PICTURE = re.compile(r"(?<!\[)!\[([^\]]*)\]\(([^)]+)\)")


def linked(text: str, page: str) -> str:
    """A file that the text names as code, such as `docs/theory.md`, leads to its page."""
    up = "../" * page.count("/")

    def lead(found: re.Match[str]) -> str:
        target = COPIED.get(found[1], found[1].removeprefix("docs/"))
        return f"[`{found[1]}`]({up}{target})"

    return NAMED.sub(lead, text)


def zoomed(text: str) -> str:
    """A picture leads to itself, so that one can look closer on a phone."""
    return PICTURE.sub(lambda found: f"[{found[0]}]({found[2]})", text)


def words() -> str:
    """Each word with its help."""
    lines = ["# Words of the command line", "", "Each is said after `python -m harness`.", ""]
    for section, title in SECTIONS.items():
        lines += [f"## To {title}", ""]
        for word in names():
            about = options_of(word)
            if section == about.SECTION:
                lines += [f"### {word}", "", "```text", parser_of(word).format_help().rstrip(), "```", ""]
    return "\n".join(lines)


def registries() -> str:
    """Everything that can be named, with its first line."""
    lines = ["# What can be named", ""]
    for what, content in LISTS.items():
        lines += [f"## {what.capitalize()}", "", "| name | what it is |", "|---|---|"]
        lines += [f"| {_at(what, name)} | {_cell(text)} |" for name, text in content().items()] + [""]
    return "\n".join(lines)


def _at(what: str, name: str) -> str:
    """A name that leads to its section, where there is one."""
    page = {"figures": "gallery.md"}.get(what, f"{what}.md")
    if what == "optimizers":
        page = f"optimizers/{OPTIMIZERS[name].family}.md"
    known = what in ("optimizers", "figures") or page in named_pages()
    return f"[`{name}`]({page}#{slugify(name, '-')})" if known else f"`{name}`"


def python() -> str:
    """The interface from Python, from its docstrings."""
    lines = ["# From Python", "", "## Studies", ""]
    lines += [f"::: {MODULES.get(name, 'harness.study.comparison')}.{name}\n" for name in PYTHON]
    lines += ["## Loops of one's own", "", "::: harness.watch.watch.Watch\n", "## Contracts", ""]
    return "\n".join([*lines, *(f"::: {name}\n" for name in CONTRACTS)])


def gallery() -> str:
    """Every figure with its command, and its picture where the docs have one."""
    lines = ["# Gallery", "", "Each is drawn from the tables of a study alone, with the numbers behind it as CSV.", ""]
    for name, figure in {**FIGURES, "animation": animation}.items():
        told = (figure.__doc__ or "").partition("\n")[0]
        lines += [f"## {name}", "", told, "", f"    python -m harness figure {name} DIR", ""]
        picture = picture_of(name)
        lines += [f"![{told.rstrip('.')}](figures/{picture})", ""] if picture else []
    return "\n".join(lines)


def picture_of(name: str) -> str | None:
    """The picture of the docs that shows a figure, if there is one."""
    found = [DRAWN.get(name, ""), f"gallery-{name}.png", f"gallery-{name}.gif"]
    return next((one for one in found if one and (ROOT / "docs" / "figures" / one).is_file()), None)


def _cell(text: str) -> str:
    return " ".join(plain(text).split())
