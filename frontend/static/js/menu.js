// Arrow keys walk the items of an open menu; opening by keyboard goes to the first item.
const items = (menu) => [...menu.querySelectorAll(".menu-item")];

document.addEventListener("keydown", (event) => {
  const way = { ArrowDown: 1, ArrowUp: -1, Home: 0, End: 0 }[event.key];
  if (way === undefined) return;
  const button = event.target.closest?.("[popovertarget]");
  const open = event.target.closest?.(".menu") ?? (button && document.getElementById(button.getAttribute("popovertarget")));
  if (!open?.matches(".menu:popover-open") || event.target.matches("input, select")) return;
  const all = items(open);
  const at = all.indexOf(document.activeElement);
  const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : (at + way + all.length) % all.length;
  all[next]?.focus();
  event.preventDefault();
});
