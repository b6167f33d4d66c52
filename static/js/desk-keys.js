// The desk by keyboard: j and k move through the rows, Enter opens one, and any control with data-key takes its key.
// Single keys can be switched off by the button [data-keys-switch] (WCAG 2.1.4); the choice is kept in this browser.
"use strict";

{
  const STORE = "desk-keys";
  const rows = [...document.querySelectorAll("tbody tr:has(a)")];
  const toggle = document.querySelector("[data-keys-switch]");
  let on = localStorage.getItem(STORE) !== "off";
  let current = rows.findIndex((row) => row.classList.contains("is-current"));

  const move = (step) => {
    if (!rows.length) return;
    rows[current]?.classList.remove("is-current");
    current = Math.min(Math.max(current + step, 0), rows.length - 1);
    rows[current].classList.add("is-current");
    rows[current].querySelector("a").focus();
  };

  const label = () => {
    if (toggle) toggle.textContent = on ? toggle.dataset.off : toggle.dataset.on;
  };

  toggle?.addEventListener("click", () => {
    on = !on;
    localStorage.setItem(STORE, on ? "on" : "off");
    label();
  });
  if (toggle) toggle.hidden = false;
  label();

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
    if (!on || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else {
      const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!control) return;
      event.preventDefault();
      control.focus();
      control.click();
    }
  });
}
