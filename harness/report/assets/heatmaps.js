"use strict";
// A map for each configuration: a pixel for each frequency and cost, light where unlearned, dark where learned.
const WORST = 0, BEST = -2;
const RAMP = [[255, 247, 217], [252, 197, 116], [235, 126, 84], [178, 59, 92], [103, 26, 97], [32, 12, 58]];

function shade(error) {
  if (error === null) return null;
  const share = Math.min(1, Math.max(0, (WORST - Math.log10(Math.max(error, 1e-12))) / (WORST - BEST)));
  const at = share * (RAMP.length - 1), first = Math.min(RAMP.length - 2, Math.floor(at));
  return RAMP[first].map((value, channel) => Math.round(value + (RAMP[first + 1][channel] - value) * (at - first)));
}

function paint(canvas, rows) {
  canvas.width = Math.max(1, rows[0]?.length ?? 1);
  canvas.height = Math.max(1, rows.length);
  const context = canvas.getContext("2d"), pixels = context.createImageData(canvas.width, canvas.height);
  rows.forEach((errors, row) => errors.forEach((error, column) => {
    const place = 4 * ((rows.length - 1 - row) * canvas.width + column);
    pixels.data.set([...(shade(error) ?? [128, 128, 128]), 255], place);
  }));
  context.putImageData(pixels, 0, 0);
}

const told = (number) => number === null ? "never" : number >= 100 ? Math.round(number).toLocaleString("en") : String(Number(number.toPrecision(2)));

function mapOf(state, one) {
  const labels = state.chart.frequencies.filter((label) => label in one.lines && one.lines[label].cost);
  const rows = labels.map((label) => one.lines[label].cost[1]), costs = state.chart.axes.cost;
  const figure = document.createElement("figure"), caption = document.createElement("figcaption");
  caption.textContent = one.name;
  figure.append(caption);
  if (!rows.length) {
    const nothing = document.createElement("p");
    nothing.className = "note";
    nothing.textContent = "No run was measured.";
    figure.append(nothing);
    return figure;
  }
  const map = document.createElement("div"), names = document.createElement("ol"), canvas = document.createElement("canvas");
  map.className = "map";
  names.append(...labels.map((label) => Object.assign(document.createElement("li"), { textContent: label })));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${one.name}: median cost by which each frequency was learned: `
    + labels.map((label) => `${label}: ${told(one.learned[label] ?? null)}`).join("; "));
  paint(canvas, rows);
  canvas.addEventListener("mousemove", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.min(canvas.width - 1, Math.floor((event.clientX - box.left) / box.width * canvas.width));
    const row = labels.length - 1 - Math.min(labels.length - 1, Math.floor((event.clientY - box.top) / box.height * labels.length));
    const error = rows[row]?.[column];
    state.article.querySelector(".probe").textContent =
      `${one.name}, ${labels[row]}, cost ${told(costs[column])}: median error ${error === null ? "not known" : told(error)}; learned by ${told(one.learned[labels[row]] ?? null)}.`;
  });
  const ends = document.createElement("div");
  ends.className = "costs";
  const said = [told(costs[0]), "cost", told(costs.at(-1))];
  ends.append(...said.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  map.append(names, canvas, ends);
  figure.append(map);
  return figure;
}

const states = Array.from(document.querySelectorAll("article.problem"), (article) => new State(article, CHARTS[article.dataset.index]));
for (const state of states) {
  paint(state.article.querySelector("canvas.legend"), [Array.from({ length: 64 }, (_, place) => 10 ** (WORST + (BEST - WORST) * place / 63))]);
  state.listeners.push(() => drawCurves(state), () => drawProfile(state));
}
// Maps and charts are drawn when they come into sight, so that a page of many problems opens at once.
const drawn = new Set();
function start(state) {
  if (drawn.has(state)) return;
  drawn.add(state);
  state.article.querySelector(".maps").append(...state.chart.configurations.map((one) => mapOf(state, one)));
  state.changed();
}
const sight = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting)
  .forEach((one) => start(states[one.target.dataset.index])), { rootMargin: "600px" });
const redraw = () => drawn.forEach((state) => state.changed());
theme.listeners.push(redraw);
matchMedia("(max-width: 639px)").addEventListener("change", redraw);
states.forEach((state) => sight.observe(state.article));
// on paper all is in sight
addEventListener("beforeprint", () => states.forEach(start));
