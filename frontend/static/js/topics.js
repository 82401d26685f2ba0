// The topics page: groups unfold, and a row lights up its points on the map as a point lights up its row.
import { bind } from "./keys.js";

const pane = document.querySelector("[data-map]");
const plot = pane?.querySelector(".chart-plot");
const rows = () => [...document.querySelectorAll("tr[data-topics]")];
const numbers = (row) => row.dataset.topics.split(" ");

// Folded rows are not in the page, so that walking with J and K and reading aloud pass them by.
const toggles = [...document.querySelectorAll("[data-folds]")];
const all = document.querySelector("[data-unfold-all]");
const isOpen = (button) => button.getAttribute("aria-expanded") === "true";
const fold = (button, open) => {
  if (isOpen(button) === open) return;
  const template = document.querySelector(`template[data-below="${button.dataset.folds}"]`);
  if (open) template.before(template.content.cloneNode(true));
  else while (template.previousElementSibling?.dataset.level === "1") template.previousElementSibling.remove();
  button.setAttribute("aria-expanded", open);
};
const foldAll = () => {
  const open = !toggles.every(isOpen);
  for (const button of toggles) fold(button, open);
  all.lastChild.previousSibling.textContent = open ? "Fold all" : "Unfold all";
};
for (const button of toggles) {
  button.hidden = false;
  button.addEventListener("click", () => fold(button, !isOpen(button)));
}
if (all) { all.hidden = !toggles.length; all.addEventListener("click", foldAll); }
bind({
  f: () => {
    let row = document.activeElement?.closest("tr[data-topics]");
    while (row?.dataset.level === "1") row = row.previousElementSibling;
    const button = row?.querySelector("[data-folds]");
    if (!button) return false;
    fold(button, !isOpen(button));
    row.querySelector(".row-link").focus();
  },
});

// The class of a trace's points holds its uid: see frontend/charts/topic_map.py.
const light = (lit) => {
  pane.toggleAttribute("data-dimmed", Boolean(lit));
  for (const trace of plot.querySelectorAll(".scatterlayer .trace")) {
    trace.classList.toggle("lit", Boolean(lit?.some((number) => trace.classList.contains(`tracetopic-${number}-`))));
  }
};
const over = ({ target }) => {
  const row = target.closest?.("tr[data-topics]");
  light(row ? numbers(row) : null);
};
const table = document.querySelector(".topics-table");
if (pane && table) {
  for (const event of ["pointerover", "focusin"]) table.addEventListener(event, over);
  for (const event of ["pointerleave", "focusout"]) table.addEventListener(event, () => light(null));
}

// plotly gives a plot its events only once it has drawn.
const point = (number) => {
  for (const row of rows()) row.toggleAttribute("data-lit", number !== null && numbers(row).includes(number));
};
if (plot) new MutationObserver((_, watch) => {
  if (!plot.on) return;
  watch.disconnect();
  plot.on("plotly_hover", ({ points: [one] }) => point(String(one.data.meta)));
  plot.on("plotly_unhover", () => point(null));
}).observe(plot, { childList: true, subtree: true });
