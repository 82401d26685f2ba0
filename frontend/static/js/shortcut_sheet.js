// `?` lists what every <template data-shortcuts="title"> on the page names; single keys can be switched off here.
import { bind } from "./keys.js";
import { read, write } from "./stored.js";

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const words = { mod: mac ? "⌘" : "Ctrl", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Enter: "↵", Escape: "Esc" };
const kbd = (text) => Object.assign(document.createElement("kbd"), { textContent: words[text] ?? (text.length === 1 ? text.toUpperCase() : text) });

for (const node of document.querySelectorAll("kbd[data-mod]")) node.textContent = `${words.mod}${mac ? "" : " "}${node.dataset.mod}`;

customElements.define("shortcut-sheet", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.unbind = bind({ "?": () => { this.fill(); this.dialog.showModal(); } });
    this.dialog.addEventListener("dialog:open", () => this.fill());
    const box = this.querySelector("[data-keys-switch]");
    box.checked = read("keys") !== "off";
    box.addEventListener("change", () => {
      write("keys", box.checked ? "on" : "off");
      document.documentElement.dataset.keys = box.checked ? "on" : "off";
    });
  }
  disconnectedCallback() { this.unbind(); }

  fill() {
    const sections = [...document.querySelectorAll("template[data-shortcuts]")].filter((one) => one.content.querySelector("dt"));
    this.querySelector("[data-sections]").replaceChildren(...sections.map((template) => {
      const part = document.createElement("section");
      const title = Object.assign(document.createElement("h3"), { textContent: template.dataset.shortcuts });
      const list = document.createElement("dl");
      list.append(template.content.cloneNode(true));
      for (const keys of list.querySelectorAll("[data-keys]")) keys.replaceChildren(...keys.dataset.keys.split(/[ +](?=.)/).map(kbd));
      part.append(title, list);
      return part;
    }));
  }
});
