"use strict";
// What the theme leaves to be said to a screen reader and a keyboard.
document.querySelectorAll('.md-search[role="dialog"]').forEach((one) => one.setAttribute("aria-label", "Search"));
function reachable() {
  document.querySelectorAll("pre > code, .md-typeset__scrollwrap").forEach((one) => {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0; else one.removeAttribute("tabindex");
  });
  document.querySelectorAll(".md-code__nav").forEach((one, place) => one.setAttribute("aria-label", `Code ${place + 1}`));
}
reachable();
// the theme wraps tables after this has run
addEventListener("load", reachable);
addEventListener("resize", reachable);
