// What is typed into a draft outlives a session that ended: it stays in this tab until the server has it.
(() => {
  "use strict";
  const SLOT = "draft";
  const OURS = new Set(["csrfmiddlewaretoken", "reference", "page", "revision", "intent", "show", "person", "pick"]);
  const typedIn = (form) => [...new FormData(form)].filter(([name, value]) => !OURS.has(name) && value !== "");
  const read = () => {
    try { return JSON.parse(sessionStorage.getItem(SLOT)); } catch { return null; }
  };
  const write = (slot) => {
    try { sessionStorage.setItem(SLOT, JSON.stringify(slot)); } catch { /* full or forbidden: this page only */ }
  };
  const forget = () => {
    try { sessionStorage.removeItem(SLOT); } catch { /* nothing was kept */ }
  };

  const put = (form, values) => {
    for (const field of form.elements) {
      if (!field.name || OURS.has(field.name) || field.tagName === "BUTTON") continue;
      const given = values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
      else field.value = given[0] ?? "";
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const offer = (form, slot) => {
    const box = document.getElementById("restore");
    box.hidden = false;
    box.querySelector("[data-restore]").addEventListener("click", () => {
      box.hidden = true;
      put(form, slot.values);
      form.elements.body.focus();
    });
    box.querySelector("[data-forget]").addEventListener("click", () => {
      box.hidden = true;
      forget();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-draft]");
    const slot = read();
    if (!form) return void (slot?.sent && forget()); // the server took it and went on to another page
    const isSame = slot && JSON.stringify(slot.values) === JSON.stringify(typedIn(form));
    if (isSame) forget();
    else if (slot?.path === location.pathname && slot.owner === form.dataset.draft) offer(form, slot);
    const keep = (sent) =>
      write({ path: location.pathname, owner: form.dataset.draft, values: typedIn(form), sent });
    form.addEventListener("input", () => keep(false));
    const unsaved = document.querySelector("#saved [data-unsaved]"); // a template was put in, or something was wrong
    if (unsaved) addEventListener("load", () => form.dispatchEvent(new Event("change", { bubbles: true })));
    form.addEventListener("submit", () => keep(true));
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.elt.matches?.("#saved[data-kept]")) forget();
    });
  });
})();
