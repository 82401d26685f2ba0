// System, light or dark; stored in this browser, shown as data-theme on <html>.
import { read, write } from "./stored.js";

customElements.define("theme-switch", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("fieldset").hidden = false;
    const chosen = this.querySelector(`input[value="${read("theme", "system")}"]`);
    if (chosen) chosen.checked = true;
    this.addEventListener("change", ({ target }) => {
      write("theme", target.value);
      if (target.value === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = target.value;
      document.dispatchEvent(new CustomEvent("theme:change"));
    });
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  document.dispatchEvent(new CustomEvent("theme:change")));
