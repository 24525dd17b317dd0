"use strict";
// Filters and sorting. Without this script every card is shown, in the order of its place.
const form = document.querySelector(".filters");
const boards = [...document.querySelectorAll(".board")];
const told = document.querySelector("#shown");

function narrow() {
  const asked = [...form.querySelectorAll("select")].filter((choice) => choice.value !== "");
  const held = (element, choice) => element.dataset[choice.name] === undefined || element.dataset[choice.name] === choice.value;
  let shown = 0, all = 0;
  for (const board of boards) {
    const fits = asked.every((choice) => held(board, choice));
    let kept = 0;
    for (const row of board.querySelectorAll("tr[data-robot]")) {
      row.hidden = !(fits && asked.every((choice) => held(row, choice)));
      kept += row.hidden ? 0 : 1;
      all += 1;
    }
    board.hidden = kept === 0;
    shown += kept;
  }
  told.textContent = `${shown} of ${all} entries shown. Ranks are those of the whole board.`;
}

function sorted(table, column, falling) {
  const body = table.tBodies[0];
  const value = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const rows = [...body.rows].map((row, at) => [row, value(row), at]);
  rows.sort(([, one, i], [, other, j]) => {
    if (one === "" || other === "") return (one === "") - (other === "") || i - j;
    const numbers = one !== "" && other !== "" && !isNaN(one) && !isNaN(other);
    const order = numbers ? one - other : one.localeCompare(other, "en");
    return (falling ? -order : order) || i - j;
  });
  body.append(...rows.map(([row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const falling = cell.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", falling ? "descending" : "ascending");
      sorted(table, column, falling);
    });
  });
}

if (form) {
  form.hidden = false;
  form.addEventListener("change", narrow);
  form.addEventListener("reset", () => setTimeout(narrow));
  narrow();
}
