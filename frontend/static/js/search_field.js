// The filter: Backspace in an empty input takes the last chip back as text, suggestions follow the word being typed.
customElements.define("search-field", class extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=text]");
    this.list = this.querySelector("[role=listbox]");
    this.addEventListener("keydown", (event) => this.key(event));
    if (!this.list) return;
    this.options = [...this.list.children];
    this.options.forEach((option, place) => { option.id = `${this.list.id}-${place}`; });
    for (const [name, value] of [["role", "combobox"], ["aria-controls", this.list.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(event.target.closest("[role=option]")); });
  }

  get word() { return this.input.value.slice(0, this.input.selectionStart).match(/\S*$/)[0]; }

  suggest() {
    const word = this.word.toLowerCase();
    for (const option of this.options) option.hidden = !option.dataset.text.toLowerCase().startsWith(word) || option.dataset.text === word;
    this.shown = this.options.filter((option) => !option.hidden);
    this.list.hidden = !this.shown.length;
    this.input.setAttribute("aria-expanded", !this.list.hidden);
    this.move(-1);
  }

  move(place) {
    this.at = place;
    this.options.forEach((option) => option.setAttribute("aria-selected", option === this.shown[place]));
    this.input.setAttribute("aria-activedescendant", this.shown[place]?.id ?? "");
    this.shown[place]?.scrollIntoView({ block: "nearest" });
  }

  take(option) {
    if (!option) return;
    const { value, selectionStart: at } = this.input;
    const before = value.slice(0, at - this.word.length) + option.dataset.text;
    this.input.value = before + value.slice(at);
    this.input.setSelectionRange(before.length, before.length);
    this.suggest();
  }

  close() { this.list.hidden = true; this.input.setAttribute("aria-expanded", "false"); }

  key(event) {
    if (event.key === "Backspace" && !this.input.value && event.target === this.input) this.edit(event);
    if (event.key === "Escape" && event.target === this.input) { if (this.list && !this.list.hidden) this.close(); else this.input.blur(); event.preventDefault(); }
    if (!this.list || this.list.hidden) return;
    const last = this.shown.length - 1;
    if (event.key === "ArrowDown") this.move(this.at < last ? this.at + 1 : 0);
    else if (event.key === "ArrowUp") this.move(this.at > 0 ? this.at - 1 : last);
    else if (event.key === "Tab" && !event.shiftKey && this.word) this.take(this.shown[Math.max(0, this.at)]);
    else if (event.key === "Enter" && this.at >= 0) this.take(this.shown[this.at]);
    else return;
    event.preventDefault();
  }

  edit(event) {
    const token = [...this.querySelectorAll(".token")].at(-1);
    if (!token) return;
    this.input.value = token.querySelector("input").value;
    token.remove();
    event.preventDefault();
  }
});
