// data-opens="ID" shows a <dialog>, data-closes closes the one around it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog && !dialog.open) {
    opener.closest("[popover]")?.hidePopover();
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("dialog:open", { bubbles: true }));
  }
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
  // Browsers without closedby="any": a press on the veil has the dialog itself as target.
  if (event.target.matches?.("dialog[closedby=any][open]") && !("closedBy" in HTMLDialogElement.prototype)) event.target.close();
});
