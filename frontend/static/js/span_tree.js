// The tree of a trace: one row in the tab order, arrows walk and fold, a press loads the span into data-target.
customElements.define("span-tree", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const row = event.target.closest(".span-row");
      if (row) event.target.closest(".span-fold") ? this.fold(row) : this.choose(row);
    });
    this.addEventListener("keydown", (event) => this.key(event));
  }

  get rows() { return [...this.querySelectorAll(".span-row")]; }
  get shown() { return this.rows.filter((row) => !row.hidden); }
  get selected() { return this.querySelector('.span-row[aria-selected="true"]'); }
  level(row) { return Number(row.dataset.level); }

  choose(row, load = true) {
    for (const one of this.querySelectorAll('.span-row[aria-selected="true"]')) { one.setAttribute("aria-selected", "false"); one.tabIndex = -1; }
    row.setAttribute("aria-selected", "true");
    row.tabIndex = 0;
    row.focus();
    this.dispatchEvent(new CustomEvent("span:select", { bubbles: true, detail: row }));
    if (!load || !row.dataset.href) return;
    if (!this.dataset.target || !window.htmx) { location.href = row.dataset.href; return; }
    window.htmx.ajax("GET", row.dataset.href, { target: this.dataset.target });
    history.replaceState(history.state, "", row.dataset.href);
  }

  step(way) { const shown = this.shown; const next = shown[shown.indexOf(this.selected) + way]; if (next) this.choose(next); }

  fold(row, open = row.getAttribute("aria-expanded") !== "true") {
    if (!row.hasAttribute("aria-expanded")) return;
    row.setAttribute("aria-expanded", open);
    let below = Infinity;
    for (let next = row.nextElementSibling; next && this.level(next) > this.level(row); next = next.nextElementSibling) {
      if (this.level(next) <= below) below = Infinity;
      next.hidden = !open || below < Infinity;
      if (next.getAttribute("aria-expanded") === "false" && below === Infinity) below = this.level(next);
    }
  }

  key(event) {
    const row = event.target.closest(".span-row");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = row.getAttribute("aria-expanded") === "true";
    const shown = this.shown;
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else if (event.key === "Home") this.choose(shown[0]);
    else if (event.key === "End") this.choose(shown.at(-1));
    else if (event.key === "ArrowRight") open ? this.step(1) : this.fold(row, true);
    else if (event.key === "ArrowLeft") open ? this.fold(row, false) : this.parent(row);
    else return;
    event.preventDefault();
  }

  parent(row) {
    for (let before = row.previousElementSibling; before; before = before.previousElementSibling) if (this.level(before) < this.level(row)) return this.choose(before);
  }
});
