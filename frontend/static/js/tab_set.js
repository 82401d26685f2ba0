// <tab-set label="…"> around <section data-tab="Python">…: tabs in the browser; without script all parts are shown.
customElements.define("tab-set", class extends HTMLElement {
  connectedCallback() {
    if (this.querySelector(":scope > [role=tablist]")) return;
    const panels = [...this.querySelectorAll(":scope > [data-tab]")];
    const list = Object.assign(document.createElement("div"), { className: this.getAttribute("kind") ?? "tabs" });
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", this.getAttribute("label") ?? "Parts");
    this.tabs = panels.map((panel, place) => this.tab(panel, `${this.id || "tabs"}-${place}`));
    this.panels = panels;
    list.append(...this.tabs);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.select((this.tabs.indexOf(document.activeElement) + step + this.tabs.length) % this.tabs.length).focus();
      event.preventDefault();
    });
    this.prepend(list);
    this.select(Math.max(0, panels.findIndex((panel) => panel.hasAttribute("data-chosen"))));
  }

  tab(panel, id) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "tab", id, textContent: panel.dataset.tab });
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", `${id}-panel`);
    button.addEventListener("click", () => this.select(this.tabs.indexOf(button)));
    panel.id = `${id}-panel`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", id);
    return button;
  }

  select(place) {
    this.tabs.forEach((tab, index) => { tab.setAttribute("aria-selected", index === place); tab.tabIndex = index === place ? 0 : -1; });
    this.panels.forEach((panel, index) => { panel.hidden = index !== place; });
    return this.tabs[place];
  }
});
