// The desk by keyboard: j and k move through the rows, Enter opens one, x ticks it, and any control with data-key takes
// its key; r and e open the row's case where the page itself has nothing to reply to or decide. Single keys are switched
// off on the server (WCAG 2.1.4), which says so in data-keys of this script's own element.
"use strict";

{
  const on = document.currentScript.dataset.keys === "on";
  const rows = [...document.querySelectorAll("tbody tr:has(a)")];
  const parts = { r: "#write", e: "#decide" };
  let current = rows.findIndex((row) => row.classList.contains("is-current"));

  const move = (step) => {
    if (!rows.length) return;
    rows[current]?.classList.remove("is-current");
    current = Math.min(Math.max(current + step, 0), rows.length - 1);
    rows[current].classList.add("is-current");
    rows[current].querySelector("a").focus();
  };

  const box = () => rows[current]?.querySelector("input[type=checkbox]");

  const use = (control) => {
    if (control.dataset.needsRow !== undefined && !document.querySelector("tbody input:checked") && box()) {
      box().checked = true;
    }
    control.focus();
    if (control.matches("a, button, summary")) control.click();
  };

  const press = (key) => {
    const controls = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
    const control = controls.find((it) => it.checkVisibility()) ?? controls[0];
    if (control) return use(control) ?? true;
    if (key === "j") return move(1) ?? true;
    if (key === "k") return move(-1) ?? true;
    if (key === "x" && box()) return box().click() ?? true;
    if (parts[key] && rows[current]) return location.assign(rows[current].querySelector("a").href + parts[key]) ?? true;
    return false;
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
    if (!on || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(event.key)) event.preventDefault();
  });

  const wanted = Object.values(parts).includes(location.hash) && document.querySelector(location.hash);
  if (wanted) wanted.querySelector("textarea, input:not([type=hidden])")?.focus();
}
