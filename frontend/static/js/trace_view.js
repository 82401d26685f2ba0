// The trace: J and K walk the spans (beside a list they walk the list); in a large one what lies deep starts folded.
import { bind } from "./keys.js";

customElements.define("trace-view", class extends HTMLElement {
  connectedCallback() {
    if (!this.hasAttribute("data-beside")) this.unbind = bind({ j: () => this.step(1), k: () => this.step(-1) });
    const deep = Number(this.dataset.fold);
    if (deep) customElements.whenDefined("span-tree").then(() => this.fold(deep));
  }
  disconnectedCallback() { this.unbind?.(); }

  fold(deep) {
    const tree = this.querySelector("span-tree");
    for (const row of tree?.querySelectorAll(`.span-row[aria-expanded][data-level="${deep}"]`) ?? []) tree.fold(row, false);
    let level = tree?.selected?.hidden ? tree.level(tree.selected) : 0;
    for (let row = tree?.selected; row && level; row = row.previousElementSibling) {
      if (tree.level(row) < level) { level = tree.level(row); tree.fold(row, true); }
    }
  }

  step(way) {
    const tree = this.querySelector("span-tree");
    if (!tree) return false;
    tree.step(way);
  }
});
