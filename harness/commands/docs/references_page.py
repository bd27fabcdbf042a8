"""The page of references, made from the BibTeX file: what each short citation in code and pages stands for."""

import re
import unicodedata

HEADER = "<!-- Made by `python -m harness docs references` from references.bib; change that file, not this page. -->"
INTRODUCTION = (
    "Code and pages cite by a tag (SHED) or by names and a year (Powell 1964). This is what they stand for; "
    "[references.bib](references.bib) has the same for BibTeX."
)
# an entry ends with the first brace that begins a line
ENTRY = re.compile(r"^@(\w+)\{(\w+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)
# braces within a field's own, two deep, as around an accent in a name that is kept together
FIELD = re.compile(r"(\w+) = \{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
# combining characters, which the normal form C joins with the letter before them
ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "k": "\u0328"}
PLACES = ("journal", "booktitle", "publisher", "institution", "school")


def read_bibtex(text: str) -> list[dict[str, str]]:
    """The fields of each entry, in plain text, with `key` and `kind`.

    Raises ValueError for an entry without a shorthand, title or year."""
    entries = []
    for kind, key, body in ENTRY.findall(text):
        fields = {name: _plain(value) for name, value in FIELD.findall(body)}
        lacking = {"shorthand", "title", "year"} - fields.keys()
        if lacking:
            raise ValueError(f"Every entry has a shorthand, a title and a year; '{key}' lacks {', '.join(lacking)}.")
        entries.append({"kind": kind, "key": key, **fields})
    return entries


def references_page(bibtex: str) -> str:
    """The page in Markdown: tags first, then names, each in the order of the alphabet."""
    entries = sorted(read_bibtex(bibtex), key=lambda one: (not one["shorthand"].isupper(), one["shorthand"].lower()))
    return "\n".join([HEADER, "# References", "", INTRODUCTION, "", *map(_line, entries), ""])


def _line(entry: dict[str, str]) -> str:
    place = next((entry[name] for name in PLACES if name in entry and entry[name] != "arXiv"), "")
    where = " ".join(part for part in (place, entry.get("volume", "")) if part)
    pages = f":{entry['pages']}" if "pages" in entry else ""
    eprint = f"arXiv {entry['eprint']}" if "eprint" in entry else ""
    told = [_authors(entry.get("author", "")), f"*{entry['title']}*", f"{where}{pages}", entry["year"], eprint]
    return f"- **{entry['shorthand']}**: " + ", ".join(part for part in (*told, entry.get("note", "")) if part) + "."


def _authors(field: str) -> str:
    names = [" ".join(reversed(name.split(", "))) for name in field.split(" and ") if name]
    if names and names[-1] == "others":
        names[-1] = "et al."
    return ", ".join(names)


def _plain(value: str) -> str:
    """TeX's accents, quotes and dashes as characters, without braces."""
    accented = re.sub(r"\{\\(['`\"^~k])\{?(\w)\}?\}", lambda found: found[2] + ACCENTS[found[1]], value)
    accented = re.sub(r"\\(['`\"^~])(\w)", lambda found: found[2] + ACCENTS[found[1]], accented)
    barred = accented.replace(r"{\l}", "ł").replace("{\\L}", "Ł")
    quoted = barred.replace("``", "“").replace("''", "”").replace("--", "–")
    return unicodedata.normalize("NFC", re.sub(r"[{}]", "", quoted))
