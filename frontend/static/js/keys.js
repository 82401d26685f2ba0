// Keyboard: bind({"j": fn, "mod+k": fn, "g t": fn}), and [data-key] elements that a key presses or focuses.
import { read } from "./stored.js";

const PAUSE_MS = 900;
const layers = [];
let pending = "";
let timer = 0;

const typing = (node) =>
  node.closest?.("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]");

export const name = (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const mod = event.metaKey || event.ctrlKey ? "mod+" : "";
  const shift = event.shiftKey && event.key.length > 1 ? "shift+" : "";
  return `${mod}${event.altKey ? "alt+" : ""}${shift}${key}`;
};

// The newest binding wins; a binding that returns false passes the key on. Returns the function that takes it back.
export const bind = (map) => {
  layers.unshift(map);
  return () => layers.splice(layers.indexOf(map), 1);
};

const press = (key, event) => {
  for (const map of layers) if (map[key] && map[key](event) !== false) return true;
  const open = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document;
  const node = [...open.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.checkVisibility());
  if (!node) return false;
  // What has just been swapped in is known to htmx a moment later; a key pressed in between would open a whole page.
  window.htmx?.process(node);
  if (node.matches("input:not([type=checkbox], [type=radio]), textarea, select")) node.focus(); else node.click();
  return true;
};

const starts = (prefix) =>
  layers.some((map) => Object.keys(map).some((key) => key.startsWith(`${prefix} `))) ||
  document.querySelector(`[data-key^="${CSS.escape(prefix)} "]`);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || ["Control", "Meta", "Shift", "Alt"].includes(event.key)) return;
  const key = name(event);
  const plain = !event.metaKey && !event.ctrlKey && !event.altKey;
  if (plain && key !== "Escape" && (typing(event.target) || (event.key.length === 1 && read("keys") === "off"))) return;
  const chord = pending && plain ? `${pending} ${key}` : key;
  clearTimeout(timer);
  pending = "";
  if (press(chord, event) || (chord !== key && press(key, event))) event.preventDefault();
  else if (plain && starts(key)) {
    pending = key;
    timer = setTimeout(() => { pending = ""; }, PAUSE_MS);
  }
});
