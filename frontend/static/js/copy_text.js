// A button that copies data-text, or the code beside it.
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.copy());
  }

  async copy() {
    const text = this.dataset.text ?? this.closest(".code")?.querySelector("code")?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      this.say("Copied", "check");
    } catch {
      this.say("Press Ctrl C", "x");
    }
  }

  say(word, icon) {
    const use = this.querySelector("use");
    const [words, was] = [this.querySelector("span"), use.getAttribute("href")];
    if (words) words.textContent = word;
    use.setAttribute("href", was.replace(/#.*/, `#${icon}`));
    if (!words) document.dispatchEvent(new CustomEvent("say", { detail: word }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { use.setAttribute("href", was.replace(/#.*/, "#copy")); if (words) words.textContent = "Copy"; }, 1600);
  }
});
