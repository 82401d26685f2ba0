// Ctrl or ⌘ K: asks src?q=… for {groups: [{title, items: [{label, href, hint, icon}]}]} and lists it.
import { bind } from "./keys.js";

const WAIT_MS = 120;
const make = (tag, css, text = "") => Object.assign(document.createElement(tag), { className: css, textContent: text });
const local = (href) => typeof href === "string" && /^\/(?![/\\])/.test(href);

customElements.define("command-palette", class extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.state = this.querySelector("[role=status]");
    this.unbind = bind({ "mod+k": () => this.dialog.open ? this.dialog.close() : (this.dialog.showModal(), this.start()) });
    this.dialog.addEventListener("dialog:open", () => this.start());
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
  }
  disconnectedCallback() { this.unbind(); }
  start() { this.input.value = ""; this.entered = false; this.input.focus(); this.ask(); }
  // An answer to what was typed before must not count as this one's.
  typed() { this.pending = true; this.asked?.abort(); clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), WAIT_MS); }

  async ask() {
    this.asked?.abort();
    this.asked = new AbortController();
    this.pending = true;
    try {
      const query = new URLSearchParams(location.search);
      query.set("q", this.input.value);
      const answer = await fetch(`${this.getAttribute("src")}?${query}`, { signal: this.asked.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`answer ${answer.status}`);
      this.show((await answer.json()).groups ?? []);
    } catch (error) {
      if (error.name !== "AbortError") { this.pending = this.entered = false; this.list.replaceChildren(); this.state.textContent = "Search is not reachable"; }
    }
  }

  show(groups) {
    this.list.replaceChildren(...groups.filter((group) => group.items?.length).map((group) => this.group(group)));
    this.options = [...this.list.querySelectorAll("[role=option]")];
    this.options.forEach((option, place) => { option.id = `palette-${place}`; });
    this.state.textContent = this.options.length ? `${this.options.length} results` : "Nothing found";
    this.move(0);
    this.pending = false;
    if (this.entered) this.open();
  }

  // Enter pressed before the answer came opens what was typed for, not what the list showed before.
  open() {
    this.entered = this.pending;
    if (!this.pending) this.options?.[this.at]?.click();
  }

  group({ title, items }) {
    const box = make("div", "");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", title);
    box.append(make("div", "menu-title", title), ...items.filter((item) => local(item.href)).map((item) => this.option(item)));
    return box;
  }

  option({ label, href, hint = "", icon = "arrow-right" }) {
    const node = make("a", "palette-item");
    node.href = href;
    node.tabIndex = -1;
    node.setAttribute("role", "option");
    const sign = this.querySelector("template").content.firstElementChild.cloneNode(true);
    const use = sign.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
    node.append(sign, make("span", "truncate", label), make("span", "hint", hint));
    return node;
  }

  move(place) {
    this.at = this.options.length ? (place + this.options.length) % this.options.length : -1;
    this.options.forEach((option, index) => option.setAttribute("aria-selected", index === this.at));
    this.options[this.at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", this.options[this.at]?.id ?? "");
  }

  key(event) {
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if (event.key === "Enter") this.open();
    else return;
    event.preventDefault();
  }
});
