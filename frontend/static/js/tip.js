// data-tip="…": one bubble for all, on hover and on focus; Escape hides it.
const tip = Object.assign(document.createElement("div"), { className: "tip", id: "tip" });
tip.setAttribute("role", "tooltip");
tip.popover = "manual";
let owner = null;

const hide = () => {
  if (owner?.getAttribute("aria-describedby") === "tip") owner.removeAttribute("aria-describedby");
  owner = null;
  if (tip.matches(":popover-open")) tip.hidePopover();
};

const show = (node) => {
  if (node === owner) return;
  hide();
  owner = node;
  tip.textContent = node.dataset.tip;
  if (!tip.isConnected) document.body.append(tip);
  if (node.getAttribute("aria-label") !== node.dataset.tip && !node.hasAttribute("aria-describedby")) node.setAttribute("aria-describedby", "tip");
  tip.showPopover();
  const box = node.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const above = box.top > height + 12;
  tip.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, box.left + box.width / 2 - width / 2))}px`;
  tip.style.top = `${above ? box.top - height - 6 : box.bottom + 6}px`;
};

const over = ({ target }) => { const node = target.closest?.("[data-tip]"); if (node) show(node); else hide(); };
document.addEventListener("pointerover", over);
document.addEventListener("focusin", over);
document.addEventListener("scroll", hide, { capture: true, passive: true });
document.addEventListener("click", hide, { capture: true });
document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
