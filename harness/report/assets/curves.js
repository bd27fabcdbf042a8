"use strict";
// Curves and profiles, drawn by plotly. A name of the user's is text: what plotly would read as markup is spelled out.
const spelled = (text) => text.replace(/[&<>%$]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const isNarrow = () => innerWidth < 640;
const mostLetters = () => isNarrow() ? 19 : 48;
const shortened = (name) => [...name].length > mostLetters() ? `${[...name].slice(0, mostLetters() - 1).join("")}…` : name;
const LEGEND_LINE = 20;
// plotly is text until the first chart comes into sight: reading it takes a browser most of the time of opening.
function begin() {
  const held = document.getElementById("library");
  if (!held) return;
  const library = document.createElement("script");
  library.textContent = held.textContent;
  document.body.append(library);
  held.remove();
}

const AXES = {
  steps: "steps (evaluations of any kind)",
  seconds: "seconds in the objective and the optimizer",
  loss: "training loss (falls to the right)",
};
const titled = (state, axis) => axis === "cost" ? `cost (${state.chart.unit})` : AXES[axis];
const SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "star"];

function look(index, dash) {
  const round = Math.floor(index / MOST_SHOWN);
  const marked = round > 0 ? { marker: { symbol: SYMBOLS[(round - 1) % SYMBOLS.length], size: 7, maxdisplayed: 6 } } : {};
  return { mode: round > 0 ? "lines+markers" : "lines", line: { color: colourOf(index), width: 2, dash }, ...marked };
}

function entry(one, index, shown) {
  return { x: [null], y: [null], name: spelled(shortened(one.name)), legendgroup: String(index), showlegend: true, hoverinfo: "skip",
    visible: shown ? true : "legendonly", ...look(index, "solid") };
}

// On a phone the legend stands below in two columns: it has the first names and those that are drawn, no more.
function entries(state) {
  const all = state.chart.configurations.map((one, index) => [one, index, state.configurations.has(index)]);
  return all.filter(([, index, shown]) => !isNarrow() || index < MOST_SHOWN || shown).map((known) => entry(...known));
}

function band(x, [low, , high], index) {
  const kept = x.map((_, place) => place).filter((place) => low[place] !== null && high[place] !== null);
  const back = [...kept].reverse();
  return { x: [...kept, ...back].map((place) => x[place]), y: [...kept.map((place) => high[place]), ...back.map((place) => low[place])],
    fill: "toself", fillcolor: `${colourOf(index)}28`, line: { width: 0 }, mode: "lines", hoverinfo: "skip",
    showlegend: false, legendgroup: String(index) };
}

function line(x, y, index, dash, text, style = {}) {
  const said = `${spelled(text)}<br>%{x:.3~s}: %{y:.3~g}<extra></extra>`;
  const own = look(index, dash);
  return { x, y, ...own, line: { ...own.line, ...style }, hovertemplate: said, showlegend: false, legendgroup: String(index) };
}

function tracesOf(state, one, index, labels) {
  const axis = state.get("axis"), runs = state.get("runs"), traces = [];
  for (const label of labels.filter((own) => own in one.lines)) {
    const dash = state.dashOf(label), quartiles = one.lines[label][axis];
    const named = `${one.name}, ${label}`;
    if (runs !== "seeds" && quartiles) {
      const x = state.chart.axes[axis];
      traces.push(band(x, quartiles, index), line(x, quartiles[1], index, dash, `${named}, median of ${one.runs}`));
    }
    if (runs === "median") continue;
    for (const run of one.seeds.filter((own) => state.seeds.has(own.seed))) {
      traces.push(line(run.x[axis], run.lines[label], index, dash, `${named}, seed ${run.seed}`, { width: 1 }));
    }
  }
  return traces;
}

function layout(title, axis, vertical, named) {
  const ink = theme.colour("ink"), grid = { gridcolor: theme.colour("grid"), linecolor: theme.colour("line"), zeroline: false };
  const narrow = isNarrow(), lines = Math.ceil(named / 2);
  return {
    paper_bgcolor: theme.colour("paper"), plot_bgcolor: theme.colour("paper"), font: { color: ink, size: narrow ? 11 : 13 },
    xaxis: { title: { text: title, standoff: 12 }, automargin: false, type: "log", exponentformat: "power", autorange: axis === "loss" ? "reversed" : true,
      ...(narrow ? { dtick: 1 } : {}), ...grid },
    yaxis: { title: { text: vertical }, exponentformat: "power", ...grid },
    legend: narrow ? { orientation: "h", xref: "container", x: 0.02, yref: "container", y: 0, yanchor: "bottom", entrywidth: 0.46, entrywidthmode: "fraction" }
      : { x: 1.01, y: 0.98 }, showlegend: true,
    margin: { l: narrow ? 60 : 70, r: narrow ? 8 : 16, t: 40, b: narrow ? 64 + LEGEND_LINE * lines : 56 }, hovermode: "closest", dragmode: narrow ? false : "zoom",
    hoverlabel: { bgcolor: theme.colour("wash"), font: { color: ink }, bordercolor: theme.colour("line") },
  };
}

function show(state, element, traces, arrangement) {
  begin();
  element.style.height = isNarrow() ? `calc(18rem + ${arrangement.margin.b}px)` : "";
  const known = element.dataset.drawn !== undefined;
  Plotly.react(element, traces, arrangement, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
  if (known) return;
  element.dataset.drawn = "";
  element.on("plotly_legendclick", (event) => { state.toggle(Number(event.data[event.curveNumber].legendgroup)); return false; });
  element.on("plotly_legenddoubleclick", (event) => { state.alone(Number(event.data[event.curveNumber].legendgroup)); return false; });
}

function drawCurves(state) {
  const loss = state.get("measure") === "loss", axis = state.get("axis");
  const labels = loss ? ["loss"] : state.chart.frequencies.filter((label) => state.frequencies.has(label));
  const named = entries(state);
  const lines = state.chart.configurations.flatMap((one, index) =>
    state.configurations.has(index) ? tracesOf(state, one, index, labels) : []);
  const traces = [...lines, ...named];
  const arrangement = layout(titled(state, axis), axis, loss ? "training loss" : "relative error", named.length);
  arrangement.yaxis.type = "log";
  if (!loss) arrangement.shapes = [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: 0.1, y1: 0.1, line: { color: theme.colour("soft"), width: 1, dash: "dot" } }];
  show(state, state.article.querySelector(".chart.curves"), traces, arrangement);
  const kept = state.get("runs") === "median" ? "the band is from the lower to the upper quartile over runs"
    : `of each configuration the page keeps ${Math.max(0, ...state.chart.configurations.map((one) => one.seeds.length))} runs at most; all are in the tables`;
  state.article.querySelector(".reading").textContent =
    `Colour is the optimizer${loss ? "" : ", the dash is the frequency, the dotted line is the error at which a frequency is learned"}; ${kept}.`
    + " Press a name in the legend to hide it, twice to see it alone.";
}

function drawProfile(state) {
  const named = entries(state), end = state.chart.axes.cost.at(-1);
  const steps = state.chart.configurations.flatMap((one, index) => {
    const [x, y] = one.profile;
    return state.configurations.has(index) ? [line([...x, end], [...y, y.at(-1) ?? 0], index, "solid", one.name, { shape: "hv" })] : [];
  });
  const traces = [...steps, ...named];
  const arrangement = layout(titled(state, "cost"), "cost", "share learned", named.length);
  arrangement.yaxis.range = [-0.02, 1.03];
  show(state, state.article.querySelector(".chart.profile"), traces, arrangement);
}
