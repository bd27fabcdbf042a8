"use strict";
// Dark and light: what the system prefers, until the button is pressed; a page in a mail may have no storage.
const theme = {
  root: document.documentElement,
  system: matchMedia("(prefers-color-scheme: dark)"),
  listeners: [],
  get dark() {
    return this.root.dataset.theme ? this.root.dataset.theme === "dark" : this.system.matches;
  },
  colour(name) {
    return getComputedStyle(this.root).getPropertyValue(`--${name}`).trim();
  },
  tell() {
    document.getElementById("theme").textContent = this.dark ? "Light" : "Dark";
    document.getElementById("theme").setAttribute("aria-label", this.dark ? "Use light colours" : "Use dark colours");
    this.listeners.forEach((listener) => listener());
  },
};
document.getElementById("theme").addEventListener("click", () => {
  theme.root.dataset.theme = theme.dark ? "light" : "dark";
  try { localStorage.setItem("theme", theme.root.dataset.theme); } catch { /* no storage */ }
  theme.tell();
});
try { const kept = localStorage.getItem("theme"); if (kept) theme.root.dataset.theme = kept; } catch { /* no storage */ }
theme.system.addEventListener("change", () => theme.tell());
theme.tell();
