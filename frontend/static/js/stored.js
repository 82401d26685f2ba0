// What a person chose for this browser: theme, density, widths. Never needed, so failures are silent.
export const read = (key, otherwise = null) => {
  try { return localStorage.getItem(`assay.${key}`) ?? otherwise; } catch { return otherwise; }
};

export const write = (key, value) => {
  try { localStorage.setItem(`assay.${key}`, value); } catch { /* private window: keep it for this page only */ }
};
