// 予約一覧: a booking dropped on another day opens its page of another time, with that day filled in.
(() => {
  "use strict";
  const cellOf = (event) => event.target.closest?.("[data-day]");
  let moving = null;
  document.addEventListener("dragstart", (event) => {
    moving = event.target.closest?.("[data-move]") || null;
  });
  document.addEventListener("dragend", () => {
    moving = null;
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const cell = moving && cellOf(event);
      if (!cell) return;
      event.preventDefault();
      cell.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && cell !== moving.closest("[data-day]")) {
        location.assign(`${moving.dataset.move}?day=${cell.dataset.day}`);
      }
    });
  }
})();
