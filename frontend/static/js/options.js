// <form data-keys-form>, where arrows mean the next field and not, as radios have it, the next option: ↑ ↓ move between fields, 1-9 choose in the field, Ctrl or ⌘ Enter sends the form.
import { bind } from "./keys.js";

const form = () => document.querySelector("form[data-keys-form]");
const fields = (of) => [...of.querySelectorAll("fieldset.options, .field:has(textarea)")];

const activate = (field, focus = true) => {
  for (const one of document.querySelectorAll("[data-active]")) delete one.dataset.active;
  if (!field) return;
  field.dataset.active = "";
  field.scrollIntoView({ block: "nearest" });
  if (focus) (field.querySelector("input:checked") ?? field.querySelector("input, textarea"))?.focus();
};

const move = (step) => {
  const of = form();
  if (!of) return false;
  const all = fields(of);
  const at = all.findIndex((field) => "active" in field.dataset);
  activate(all[Math.min(all.length - 1, Math.max(0, at + step))]);
};

const choose = (digit) => {
  const of = form();
  const field = of && (of.querySelector("fieldset[data-active]") ?? of.querySelector("fieldset.options"));
  const option = field?.querySelectorAll(".option input")[digit - 1];
  if (!option || option.disabled) return false;
  activate(field, false);
  option.click();
  option.focus();
};

bind({
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  "mod+Enter": () => form() ? form().requestSubmit(form().querySelector("[data-complete]") ?? undefined) : false,
  ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at + 1}`, () => choose(at + 1)])),
});
document.addEventListener("focusin", ({ target }) => {
  const field = form()?.contains(target) && target.closest("fieldset.options, .field:has(textarea)");
  if (field) activate(field, false);
});
