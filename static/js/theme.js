// Runs before the first paint: the remembered theme, else the system's. The switch itself wakes up once the page is there.
(() => {
  "use strict";
  const root = document.documentElement;
  const remembered = () => { // the admin's own switch writes "auto" for what is nothing here
    try { return (localStorage.getItem("theme") || "").replace("auto", ""); } catch { return ""; }
  };
  const wear = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  const remember = (theme) => {
    try { localStorage.setItem("theme", theme); } catch { /* private window: it holds for this page */ }
  };
  const press = (group, theme) => {
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.value === theme));
  };

  root.classList.add("scripted"); // now and not later: what it shows would move what is painted
  wear(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    for (const group of document.querySelectorAll("[data-theme-switch]")) {
      press(group, remembered());
      group.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        remember(button.value);
        wear(button.value);
        press(group, button.value);
      });
    }
  });
})();
