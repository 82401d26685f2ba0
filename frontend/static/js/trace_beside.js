// Opens a trace beside the list where there is room; its row's link is what happens elsewhere and without script.
import { bind } from "./keys.js";

const WIDE = matchMedia("(min-width: 1100px)");

customElements.define("trace-beside", class extends HTMLElement {
  connectedCallback() {
    this.split = this.querySelector("split-pane");
    this.pane = this.querySelector("#beside");
    this.list = location.href;
    this.addEventListener("click", (event) => this.press(event));
    this.unbind = bind({ Escape: () => this.close() });
    const wanted = new URLSearchParams(location.search).get("open");
    const row = wanted && this.querySelector(`tr[data-trace="${CSS.escape(wanted)}"] .row-link`);
    if (row && WIDE.matches) this.open(row);
  }
  disconnectedCallback() { this.unbind?.(); }

  get isOpen() { return this.split.dataset.detail === "open"; }

  press(event) {
    if (event.target.closest("[data-close-beside]")) { event.preventDefault(); this.close(); return; }
    const link = event.target.closest(".row-link");
    const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && event.button === 0;
    if (!link || !plain || !WIDE.matches || !window.htmx) return;
    event.preventDefault();
    this.open(link);
  }

  open(link) {
    const row = link.closest("tr");
    for (const one of this.querySelectorAll("tr[data-current]")) delete one.dataset.current;
    row.dataset.current = "";
    this.split.dataset.detail = "open";
    this.querySelector("table-view")?.setAttribute("follow", "");
    const page = new URL(link.href);
    page.searchParams.set("beside", "1");
    window.htmx.ajax("GET", page.pathname + page.search, { target: this.pane, swap: "innerHTML" });
    const address = new URL(this.list);
    address.searchParams.set("open", row.dataset.trace);
    history.replaceState(history.state, "", address);
    row.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (!this.isOpen) return false;
    const row = this.querySelector("tr[data-current]");
    this.split.dataset.detail = "none";
    this.pane.replaceChildren();
    this.querySelector("table-view")?.removeAttribute("follow");
    const address = new URL(this.list);
    address.searchParams.delete("open");
    history.replaceState(history.state, "", address);
    if (row) { delete row.dataset.current; row.querySelector(".row-link").focus(); }
    return true;
  }
});
