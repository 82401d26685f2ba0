// <split-pane name="traces">: drag the handle or use its arrow keys; the share is kept per name.
import { read, write } from "./stored.js";

const [LEAST, MOST] = [20, 75];

customElements.define("split-pane", class extends HTMLElement {
  connectedCallback() {
    this.handle = this.querySelector(":scope > .split-handle");
    if (!this.handle) return;
    this.set(Number(read(this.key, this.handle.getAttribute("aria-valuenow") ?? 46)));
    this.handle.addEventListener("pointerdown", (event) => this.grab(event));
    this.handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -2, ArrowRight: 2, PageUp: -10, PageDown: 10 }[event.key];
      if (!step) return;
      this.set(this.share + step, true);
      event.preventDefault();
    });
  }
  get key() { return `split.${this.getAttribute("name") ?? "pane"}`; }

  set(share, keep = false) {
    this.share = Math.round(Math.min(MOST, Math.max(LEAST, share || 46)));
    this.style.setProperty("--split", `${this.share}%`);
    this.handle.setAttribute("aria-valuenow", this.share);
    if (keep) write(this.key, this.share);
  }

  grab(event) {
    this.handle.setPointerCapture(event.pointerId);
    this.handle.dataset.dragging = "";
    const move = ({ clientX }) => {
      const { left, width } = this.getBoundingClientRect();
      this.set(((clientX - left) / width) * 100);
    };
    this.handle.addEventListener("pointermove", move);
    this.handle.addEventListener("lostpointercapture", () => {
      this.handle.removeEventListener("pointermove", move);
      delete this.handle.dataset.dragging;
      write(this.key, this.share);
    }, { once: true });
  }
});
