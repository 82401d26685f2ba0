// Keeps "3 min ago" true. STEPS equals the one in templatetags/times.py.
const STEPS = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [30 * 86400, 86400, "d"]];
const live = new Set();

export const ago = (moment, now = Date.now()) => {
  const seconds = Math.round((now - moment) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const step = STEPS.find(([limit]) => size < limit);
  if (!step) return null;
  const text = `${Math.floor(size / step[1])} ${step[2]}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
};

customElements.define("relative-time", class extends HTMLElement {
  connectedCallback() { live.add(this); }
  disconnectedCallback() { live.delete(this); }
  refresh() {
    const time = this.querySelector("time");
    const text = time && ago(Date.parse(time.dateTime));
    if (text && time.textContent !== text) time.textContent = text;
  }
});
setInterval(() => { if (!document.hidden) for (const one of live) one.refresh(); }, 10_000);
