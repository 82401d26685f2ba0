// A list: J and K walk rows, X selects, Enter opens, D changes density; the head's box selects all that is shown.
import { bind } from "./keys.js";
import { read, write } from "./stored.js";

customElements.define("table-view", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => this.picked(event));
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-clear]")) this.pick(this.boxes, false);
      if (event.target.matches(".select-row")) this.range(event);
    });
    if (this.hasAttribute("keys")) this.unbind = bind({
      j: () => this.walk(1), k: () => this.walk(-1), x: () => this.toggle(),
      d: () => this.density(), Enter: () => this.open(), o: () => this.open(),
    });
    this.count();
  }
  disconnectedCallback() { this.unbind?.(); }

  get rows() { return [...this.querySelectorAll("tbody tr")].filter((row) => row.querySelector(".row-link")); }
  get boxes() { return [...this.querySelectorAll(".select-row")]; }
  get current() { return this.rows.find((row) => row.contains(document.activeElement)) ?? this.querySelector("tr[data-current]"); }

  walk(step) {
    const rows = this.rows;
    const at = rows.indexOf(this.current);
    const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    row?.querySelector(".row-link").focus();
    row?.scrollIntoView({ block: "nearest" });
    if (row && this.hasAttribute("follow")) row.querySelector(".row-link").click();
  }

  open() {
    if (document.activeElement?.matches("a, button, summary, input")) return false;
    return this.current ? this.current.querySelector(".row-link").click() : false;
  }
  toggle() { const box = this.current?.querySelector(".select-row"); if (!box) return false; this.pick([box], !box.checked); }

  density() {
    const next = read("density") === "compact" ? "normal" : "compact";
    write("density", next);
    document.documentElement.dataset.density = next;
  }

  range({ target, shiftKey }) {
    const boxes = this.boxes;
    if (shiftKey && this.last) {
      const [from, to] = [boxes.indexOf(this.last), boxes.indexOf(target)].sort((one, two) => one - two);
      this.pick(boxes.slice(from, to + 1), target.checked);
    }
    this.last = target;
  }

  pick(boxes, on) { for (const box of boxes) box.checked = on; this.count(); }
  picked({ target }) { if (target.matches(".select-all")) this.pick(this.boxes, target.checked); else if (target.matches(".select-row")) this.count(); }

  count() {
    const boxes = this.boxes;
    const chosen = boxes.filter((box) => box.checked);
    const all = this.querySelector(".select-all");
    if (all) { all.checked = boxes.length > 0 && chosen.length === boxes.length; all.indeterminate = chosen.length > 0 && !all.checked; }
    const bulk = this.querySelector("[data-bulk]");
    if (bulk) { bulk.hidden = !chosen.length; bulk.querySelector("[data-count]").textContent = chosen.length; }
    this.dispatchEvent(new CustomEvent("table:select", { bubbles: true, detail: chosen.map((box) => box.value) }));
  }
});
