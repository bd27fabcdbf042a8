"use strict";
// What a reader has chosen of each problem. The controls and the legend change it, and what is drawn follows.
const CHARTS = JSON.parse(document.getElementById("charts").textContent);
const MOST_SHOWN = 8;
const COLOURS = {
  light: ["#0072B2", "#D55E00", "#009E73", "#B0518C", "#8A6D00", "#3D9BD1", "#1A1A1A", "#7B4FA3"],
  dark: ["#4FB0F0", "#FF8A3D", "#2CC99A", "#E79BC6", "#E9DC4A", "#A9DDFB", "#F0F0F0", "#B694E8"],
};
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const colourOf = (index) => COLOURS[theme.dark ? "dark" : "light"][index % MOST_SHOWN];

function checkbox(fieldset, text, chosen, changed, swatch) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = chosen;
  box.addEventListener("change", () => changed(box.checked));
  label.append(box);
  if (swatch) label.append(swatch);
  label.append(document.createTextNode(text));
  fieldset.append(label);
  return box;
}

// A short sample of a dashed line, in the colour of the text.
function dashSample(dash) {
  const patterns = { solid: "", dash: "6 4", dot: "2 3", dashdot: "6 3 2 3", longdash: "10 4", longdashdot: "10 3 2 3" };
  const space = "http://www.w3.org/2000/svg";
  const sample = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  for (const [name, value] of Object.entries({ width: 26, height: 6, "aria-hidden": "true" })) sample.setAttribute(name, value);
  const look = { x1: 0, x2: 26, y1: 3, y2: 3, stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": patterns[dash] };
  for (const [name, value] of Object.entries(look)) line.setAttribute(name, value);
  sample.append(line);
  return sample;
}

// Where a problem watches a few frequencies, all; otherwise of each configuration the lowest and the highest of the first
// component. The mean, k=0, is no wave, and what has no k is a share.
function firstFrequencies(chart) {
  const own = chart.configurations.map((one) => Object.keys(one.lines).filter((label) => label !== "loss"));
  if (chart.frequencies.length <= 2 || own.every((labels) => labels.length <= 1)) return new Set(chart.frequencies);
  const wave = /^(\[-?\d+\] )?k=/, mean = /k=0$/;
  const ends = own.flatMap((labels) => {
    const waves = chart.frequencies.filter((label) => labels.includes(label) && wave.test(label) && !mean.test(label));
    const first = waves.filter((label) => wave.exec(label)[1] === wave.exec(waves[0])[1]);
    return [first[0], first.at(-1)];
  }).filter(Boolean);
  return new Set(ends.length ? ends : [chart.frequencies[0]]);
}

class State {
  constructor(article, chart) {
    this.article = article;
    this.chart = chart;
    this.frequencies = firstFrequencies(chart);
    this.configurations = new Set(chart.configurations.map((_, index) => index).slice(0, MOST_SHOWN));
    this.seeds = new Set(chart.configurations.flatMap((one) => one.seeds.map((run) => run.seed)));
    this.allSeeds = [...this.seeds].sort((a, b) => a - b);
    this.listeners = [];
    this.build();
  }
  get(name) {
    return this.article.querySelector(`select[name="${name}"]`).value;
  }
  dashOf(label) {
    const shown = this.chart.frequencies.filter((one) => this.frequencies.has(one));
    return label === "loss" ? "solid" : DASHES[Math.max(0, shown.indexOf(label)) % DASHES.length];
  }
  build() {
    const form = this.article.querySelector("form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelectorAll("select").forEach((select) => select.addEventListener("change", () => this.changed()));
    form.querySelectorAll("[data-all]").forEach((button) => button.addEventListener("click", () => {
      this.chart.configurations.forEach((_, index) => this.choose(index, button.dataset.all === "yes"));
      this.changed();
    }));
    const keep = (set, item) => (chosen) => { if (chosen) set.add(item); else set.delete(item); this.changed(); };
    const optimizers = form.querySelector(".optimizers fieldset");
    this.boxes = this.chart.configurations.map((one, index) =>
      checkbox(optimizers, one.name, this.configurations.has(index), keep(this.configurations, index)));
    const seeds = form.querySelector("fieldset.seeds");
    this.allSeeds.forEach((seed) => checkbox(seeds, String(seed), true, keep(this.seeds, seed)));
    this.samples = this.chart.frequencies.map((label) => {
      const place = document.createElement("span");
      checkbox(form.querySelector(".frequencies"), label, this.frequencies.has(label), keep(this.frequencies, label), place);
      return [label, place];
    });
  }
  choose(index, shown) {
    if (shown) this.configurations.add(index); else this.configurations.delete(index);
    this.boxes[index].checked = shown;
  }
  toggle(index) {
    this.choose(index, !this.configurations.has(index));
    this.changed();
  }
  alone(index) {
    const others = this.configurations.size > 1 || !this.configurations.has(index);
    this.chart.configurations.forEach((_, other) => this.choose(other, !others || other === index));
    this.changed();
  }
  changed() {
    const form = this.article.querySelector("form");
    form.querySelector(".count").textContent = `(${this.configurations.size} of ${this.chart.configurations.length} are drawn)`;
    form.querySelector(".frequencies").hidden = this.get("measure") === "loss";
    form.querySelector(".seeds").hidden = this.get("runs") === "median";
    this.samples.forEach(([label, place]) =>
      place.replaceChildren(...(this.frequencies.has(label) ? [dashSample(this.dashOf(label))] : [])));
    this.listeners.forEach((listener) => listener());
  }
}
