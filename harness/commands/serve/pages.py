"""What is served: how a study stands, made anew for each request, and its report, made anew when runs have ended."""

import base64
import hashlib
from html import escape
from pathlib import Path
from threading import Lock

from harness.commands.folders import loaded
from harness.report.page import Story, report
from harness.study.status import MISSING, status_of
from harness.study.understood import kept

PAUSE = 3
"""Seconds after which the browser asks again while runs are missing."""
SCRIPT = f"""
function say(text) {{
  const note = document.querySelector("#note");
  note.textContent = text;
  note.hidden = !text;
}}
async function again() {{
  let answer, text;
  try {{
    answer = await fetch("/");
    text = await answer.text();
  }} catch {{ say("The server has ended. Start it again, and load this page anew."); return; }}
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  if (answer.ok && main) document.querySelector("main").replaceWith(main);
  say(answer.ok && main ? "" : text);
  if ("going" in document.querySelector("main").dataset) setTimeout(again, {1000 * PAUSE});
}}
if ("going" in document.querySelector("main").dataset) setTimeout(again, {1000 * PAUSE});
"""
"""Puts what is new in the place of what stands, so that a reader stays where he is on the page."""
DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; script-src 'sha256-{DIGEST}'; connect-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADINGS = ("problem", "optimizer", "progress", "runs", "ended by")
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; background: Canvas; color: CanvasText; }
h1 { overflow-wrap: anywhere; } .scroll { overflow-x: auto; } a { color: LinkText; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .2rem .6rem .2rem 0; }
progress { width: 100%; min-width: 4rem; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #ececec; } a { color: #7cc4ff; } }
"""


class Study:
    """A folder that may still grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._made: tuple[int, str] | None = None

    def progress(self) -> str:
        """The page on how far it is."""
        status = status_of(self._folder)
        going = status.finished < status.runs
        rows = []
        for (problem, name), own in status.counts.groupby(["problem", "optimizer"], sort=False):
            total = int(own["runs"].sum())
            ended = own[own["status"] != MISSING]
            told = ", ".join(f"{end} {runs}" for end, runs in zip(ended["status"], ended["runs"], strict=True))
            made, label = int(ended["runs"].sum()), escape(f"{problem}, {name}", quote=True)
            bar = f'<progress aria-label="{label}" max="{total}" value="{made}"></progress>'
            cells = (escape(str(problem)), escape(str(name)), bar, f"{made} of {total}", escape(told))
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        # of machine~process~birth~token the machine
        owners = ", ".join(escape(owner.split("~")[0]) for owner in status.owners)
        head = "".join(f'<th scope="col">{text}</th>' for text in HEADINGS)
        name = escape(self._folder.resolve().name)
        marked = " data-going" if going else ""
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main{marked}>'
            f"<h1>{name}</h1><p>{status.finished:,} of {status.runs:,} runs are finished"
            f"{f'; worked on by {owners}' if owners else ''}. "
            f'<a href="/report.html">The report of what is finished</a></p>'
            f'<div class="scroll" role="group" aria-label="Progress of each optimizer" tabindex="0">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></main>"
            '<p id="note" role="status" hidden></p>'
            f"<script>{SCRIPT}</script></body></html>"
        )

    def report(self) -> str:
        """The report of the runs that have ended; raises ValueError where there are none."""
        # one at a time: it takes seconds, and a browser asks twice; while runs are missing, only what is quick
        with self._lock:
            status = status_of(self._folder)
            finished = status.finished
            if self._made is None or self._made[0] != finished:
                story = Story(self._folder.resolve().name, kept(self._folder))
                self._made = finished, report(loaded(self._folder).tables, story, robust=finished == status.runs)
            return self._made[1]
