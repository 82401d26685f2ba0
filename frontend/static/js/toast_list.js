// Notices at the edge: Django's messages, HX-Trigger {"toast": {"text", "tone"}}, and requests that failed.
const STAY_MS = 6000;

customElements.define("toast-list", class extends HTMLElement {
  connectedCallback() {
    for (const toast of this.querySelectorAll(".toast")) this.live(toast);
    document.addEventListener("toast", ({ detail }) => this.show(detail.text ?? detail.value, detail.tone));
    document.addEventListener("say", ({ detail }) => this.show(detail, "ok"));
    document.addEventListener("htmx:responseError", ({ detail: { xhr } }) =>
      this.show(xhr.status === 403 ? "You may not do that." : `That did not work (answer ${xhr.status}). Try again.`, "error"));
    document.addEventListener("htmx:sendError", () => this.show("Assay is not reachable. Nothing was changed.", "error"));
  }

  show(text, tone = "info") {
    const toast = this.querySelector("template").content.firstElementChild.cloneNode(true);
    toast.dataset.tone = tone;
    toast.querySelector("p").textContent = text;
    this.append(toast);
    this.live(toast);
  }

  live(toast) {
    const button = toast.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => toast.remove());
    if (toast.dataset.tone === "error") return;
    const leave = () => { toast.timer = setTimeout(() => toast.remove(), STAY_MS); };
    toast.addEventListener("pointerenter", () => clearTimeout(toast.timer));
    toast.addEventListener("pointerleave", leave);
    toast.addEventListener("focusin", () => clearTimeout(toast.timer));
    leave();
  }
});
