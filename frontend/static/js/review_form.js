// The reviewer's page. Works without: it only measures time, keeps what was typed, and makes the keys quick.
import { bind } from "./keys.js";

const form = document.querySelector("form[data-keys-form]");
const skip = document.getElementById("skip");
const draft = `assay.review.${form.dataset.item}`;

// The answer in question, not the first turn, is what one came for.
const show = () => document.getElementById("judged")?.scrollIntoView({ block: "start" });
if (!location.hash) requestAnimationFrame(show);

// Only time in which the page could be seen.
let seen = 0;
let since = document.hidden ? 0 : performance.now();
const look = () => { if (since) seen += performance.now() - since; since = document.hidden ? 0 : performance.now(); };
document.addEventListener("visibilitychange", look);

// The cause is asked for where the answer is not good; out of the page it is no stop for ↑ and ↓ either.
const cause = form.querySelector("[data-cause]");
const place = document.createComment("cause");
const ask = () => {
  const grade = new FormData(form).get("grade");
  if (grade && grade !== "good") { if (!cause.isConnected) place.replaceWith(cause); } else if (cause.isConnected) cause.replaceWith(place);
};

// What was filled in outlives a walk to another item and an undo, in this tab only.
const fields = () => [...new FormData(form)].filter(([name]) => !["seconds", "csrfmiddlewaretoken"].includes(name));
const keep = () => { try { sessionStorage.setItem(draft, JSON.stringify(fields())); } catch { /* full or refused: nothing is lost but the draft */ } };
const restore = () => {
  let kept = [];
  try { kept = JSON.parse(sessionStorage.getItem(draft) ?? "[]"); } catch { /* as above */ }
  for (const [name, value] of kept) {
    const field = form.elements.namedItem(name);
    if (field && !field.value) field.value = value;
  }
};
if (!("given" in form.dataset)) restore();
ask();
form.addEventListener("input", () => { ask(); keep(); });
form.addEventListener("submit", () => { look(); form.elements.namedItem("seconds").value = (seen / 1000).toFixed(1); });

// Enter takes a field as it is and goes on; behind the last one it is the button.
const forward = () => {
  const here = document.activeElement;
  if (skip?.matches(":popover-open") || here?.matches("a, button, summary, textarea, dialog *")) return false;
  const before = form.querySelector("[data-active]");
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" }));
  if (before && before === form.querySelector("[data-active]")) form.querySelector("[data-complete]").focus();
};
bind({
  t: show,
  Enter: forward,
  Escape: () => { if (!document.activeElement?.matches("textarea")) return false; document.activeElement.blur(); },
  "mod+Enter": () => { if (!skip?.matches(":popover-open")) return false; skip.querySelector("form").requestSubmit(); },
});
