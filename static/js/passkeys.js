// Beside allauth's own scripts: the button appears only where the browser knows keys, and a refusal is said in words.
(() => {
  "use strict";
  if (window.PublicKeyCredential) for (const form of document.querySelectorAll(".passkey")) form.hidden = false;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const trouble = document.getElementById("passkey-trouble");
    trouble.hidden = false;
    trouble.textContent = trouble.dataset.text;
  });
})();
