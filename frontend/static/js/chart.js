// <assay-chart data-spec="ID" data-plotly="URL">: draws {data, layout} of the JSON block; colours are names of tokens.
import { merge, frame, resolve } from "./chart_frame.js";

// plotly would inject style elements, which our policy refuses; these stand-ins tell it that chart.css has the rules.
const STAND_INS = ["plotly.js-style-global", "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53"];
let loading;

const plotly = (address) => loading ??= new Promise((done, failed) => {
  for (const id of STAND_INS) document.head.append(Object.assign(document.createElement("meta"), { id, className: "no-inline-styles" }));
  const script = Object.assign(document.createElement("script"), { src: address, onload: () => done(window.Plotly), onerror: failed });
  document.head.append(script);
});

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) { near.unobserve(target); target.draw(); }
}, { rootMargin: "300px" });

customElements.define("assay-chart", class extends HTMLElement {
  connectedCallback() {
    this.plot = this.querySelector(".chart-plot");
    this.button = this.querySelector(".chart-head button");
    this.button?.addEventListener("click", () => this.toggle());
    this.again = () => this.drawn && this.draw();
    document.addEventListener("theme:change", this.again);
    near.observe(this);
  }
  disconnectedCallback() {
    document.removeEventListener("theme:change", this.again);
    near.unobserve(this);
    if (this.drawn) window.Plotly.purge(this.plot);
  }

  toggle() {
    this.toggleAttribute("data-table");
    this.button.setAttribute("aria-pressed", this.hasAttribute("data-table"));
    if (!this.hasAttribute("data-table")) this.draw();
  }

  async draw() {
    const Plotly = await plotly(this.dataset.plotly).catch(() => null);
    if (!Plotly || !this.isConnected) return;
    const spec = JSON.parse(document.getElementById(this.dataset.spec).textContent);
    this.setAttribute("data-ready", "");
    if (this.button) this.button.hidden = false;
    const { data, layout } = resolve(this, { data: spec.data ?? [], layout: merge(frame(), spec.layout ?? {}) });
    await Plotly.react(this.plot, data, layout, { displayModeBar: false, responsive: true, doubleClick: "reset", ...spec.config });
    if (this.drawn) return;
    this.drawn = true;
    // A point whose customdata is an address of ours opens it; pages may listen for chart:select instead.
    this.plot.on("plotly_click", ({ points: [point] }) => {
      const address = [point.customdata].flat()[0];
      const go = this.dispatchEvent(new CustomEvent("chart:select", { bubbles: true, cancelable: true, detail: point }));
      if (go && typeof address === "string" && /^\/(?![/\\])/.test(address)) location.href = address;
    });
  }
});
