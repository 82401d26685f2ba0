// Runs before the first paint, so that no page flashes in the wrong theme or density.
(() => {
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const root = document.documentElement;
  for (const name of ["theme", "density", "keys"]) {
    const value = read(`assay.${name}`);
    if (value) root.dataset[name] = value;
  }
})();
