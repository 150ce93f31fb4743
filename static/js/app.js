// Only what HTML and htmx cannot do. Everything here is an addition: without it links still lead and forms still post.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (text) => {
    const announcer = one("#announcer");
    if (announcer && text && announcer.textContent !== text) announcer.textContent = text;
  };

  // --- Requests: a line while one runs, a sentence when one fails ---
  let running = 0;
  const byHand = (event) => Boolean(event.detail.requestConfig?.triggeringEvent); // polls stay silent
  const busy = (change) => {
    running = Math.max(0, running + change);
    one("#busy-line")?.classList.toggle("on", running > 0);
  };
  const pathOf = (event) => event.detail.pathInfo?.requestPath || "";
  const trouble = (kind, event) => {
    const box = one("#trouble");
    if (!box) return;
    one("[data-text]", box).textContent = box.dataset[kind];
    one("[data-session-link]", box).hidden = kind !== "session";
    box.dataset.path = pathOf(event);
    box.hidden = false;
  };
  const settled = (path) => {
    const box = one("#trouble");
    if (box && (path === undefined || box.dataset.path === path)) box.hidden = true;
  };
  const kindOf = (status) => {
    const kinds = { 401: "session", 403: "forbidden", 404: "missing", 429: "busy", 503: "closed" };
    return kinds[status] || "server";
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!byHand(event)) return;
    busy(+1);
    settled();
  });
  document.addEventListener("htmx:afterRequest", (event) => byHand(event) && busy(-1));
  document.addEventListener("htmx:sendError", (event) => trouble("offline", event));
  document.addEventListener("htmx:timeout", (event) => trouble("offline", event));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    trouble(xhr.getResponseHeader("X-Trouble") || kindOf(xhr.status), event);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.isError) settled(pathOf(event)); // the same poll got through again
  });

  // Logging in again in another tab changes the token; what was typed here must still be accepted.
  const freshToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  document.addEventListener("htmx:configRequest", (event) => {
    const token = freshToken();
    if (token) event.detail.headers["X-CSRFToken"] = token;
  });

  // --- After a swap: words for screen readers, the focus where it was or where it is asked for ---
  const wake = (root) => {
    for (const button of all("[data-insert][hidden]", root)) button.hidden = !one(button.dataset.into);
    one("[data-focus]", root)?.focus();
    say(root.dataset?.announce || one("[data-announce]", root)?.dataset.announce);
  };
  const nameOf = (element) => element.id || element.getAttribute("href") || element.name || element.textContent.trim();
  let focused = "";
  const remember = (event) => {
    const active = document.activeElement;
    if (event.detail.target?.contains(active)) focused = nameOf(active);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    focused = "";
    remember(event);
  });
  // What comes along, elsewhere on the page: drawn anew only where it differs, so that nobody loses their place in it
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { fragment, target } = event.detail;
    if (fragment.firstElementChild?.isEqualNode(target)) event.detail.shouldSwap = false;
    else remember(event);
  });
  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    if (!focused || document.activeElement !== document.body) return;
    const again = all("a, button, input, select, textarea, summary", elt).find((each) => nameOf(each) === focused);
    if (!again) elt.setAttribute("tabindex", "-1");
    (again || elt).focus({ preventScroll: true });
    focused = "";
  });
  document.addEventListener("DOMContentLoaded", () => {
    wake(document.documentElement);
    say(all("#messages .alert").map((alert) => alert.innerText.trim()).join(" ")); // there from the start, so not read by itself
  });
  document.addEventListener("htmx:load", (event) => wake(event.detail.elt));

  // --- Clicks ---
  const insert = (button) => {
    const field = one(button.dataset.into);
    button.closest("dialog")?.close(); // behind an open one the field could not take the focus
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  const find = (button) => {
    const field = one(button.dataset.into);
    const wanted = button.dataset.find;
    const next = field.value.indexOf(wanted, field.selectionEnd);
    const at = next < 0 ? field.value.indexOf(wanted) : next;
    field.focus();
    if (at >= 0) field.setSelectionRange(at, at + wanted.length);
  };
  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(button.dataset.copied);
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  };
  const onClick = {
    "[data-dismiss]": (button) => {
      const box = button.closest("#trouble");
      if (box) box.hidden = true;
      else button.closest(".alert").remove();
    },
    "[data-dialog]": (opener, event) => {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (!dialog) return;
      event.preventDefault();
      dialog.showModal();
    },
    "[data-insert]": insert,
    "[data-find]": find,
    "[data-copy]": copy,
  };
  document.addEventListener("click", (event) => {
    for (const [selector, act] of Object.entries(onClick)) {
      const target = event.target.closest(selector);
      if (target) act(target, event);
    }
    if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
  });

  // --- Enter in a search within a form looks, and does not send the form ---
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-enter-changes]")) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // --- Forms: a second click on a slow page sends nothing twice ---
  const release = () => {
    running = 0;
    busy(0);
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const method = event.submitter?.getAttribute("formmethod") || form.method;
    if (event.defaultPrevented || method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const token = one("[name=csrfmiddlewaretoken]", form);
    if (token) token.value = freshToken() || token.value;
    event.submitter?.setAttribute("aria-busy", "true");
    busy(+1);
    setTimeout(release, 10000); // the answer may be a file, and then this page stays
  });
  addEventListener("pageshow", release);

  // --- Ticks: one box for all rows, and how many are chosen ---
  document.addEventListener("change", (event) => {
    const box = event.target;
    const form = box.form || document;
    if (box.matches("[data-tick-all]")) {
      for (const each of all(`input[name="${box.dataset.tickAll}"]`, form)) each.checked = box.checked;
    }
    for (const output of all("[data-tick-count]", form)) {
      output.textContent = all(`input[name="${output.dataset.tickCount}"]:checked`, form).length;
    }
  });

  // --- Files: drop them, see their names ---
  const named = (drop, input) => {
    let name = one(".file-name", drop);
    if (!name) drop.append((name = Object.assign(document.createElement("span"), { className: "file-name" })));
    const file = input.files[0];
    name.textContent = file ? `${file.name} (${Math.ceil(file.size / 1024).toLocaleString()} KB)` : "";
  };
  const dropOf = (event) => event.target.closest?.("[data-drop]");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const drop = dropOf(event);
      if (!drop) return;
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind !== "drop") return;
      const input = one("input[type=file]", drop);
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  document.addEventListener("change", (event) => {
    const drop = dropOf(event);
    if (drop && event.target.type === "file") named(drop, event.target);
  });

  // --- Keys: / search, j and k rows, ? help; off by the switch in the help ---
  const keysOff = () => {
    try { return localStorage.getItem("shortcuts") === "off"; } catch { return false; }
  };
  const row = (step) => {
    const links = all(".table tbody tr").map((line) => one("a, button", line)).filter(Boolean);
    const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  };
  const onKey = {
    "/": () => one("[data-search]")?.focus(),
    j: () => row(+1),
    k: () => row(-1),
    "?": () => one("#shortcuts")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !onKey[event.key] || keysOff()) return;
    event.preventDefault();
    onKey[event.key]();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const box = one("[data-shortcut-switch]");
    if (!box) return;
    box.checked = !keysOff();
    box.addEventListener("change", () => {
      try { localStorage.setItem("shortcuts", box.checked ? "on" : "off"); } catch { /* this page only */ }
    });
  });
})();
