// In JupyterLab our pages follow its theme, alone that of the machine.
export function followTheme() {
  const inLab = window.parent !== window;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const lab = inLab ? window.parent.document.body : null;
  const apply = () => {
    const isDark = lab?.dataset.jpThemeLight ? lab.dataset.jpThemeLight === "false" : dark.matches;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
  if (lab) new MutationObserver(apply).observe(lab, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
}
