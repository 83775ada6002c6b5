"use strict";
// Everything here is an extra: without it the page is complete, in the order of the sweep, in the system's theme.

const root = document.documentElement;

function remembered(value) {
  try {
    if (value) localStorage.setItem("foundry-exp-theme", value);
    return localStorage.getItem("foundry-exp-theme");
  } catch {
    return value; // a sandboxed frame has no storage
  }
}

function addThemeSwitch() {
  const button = document.createElement("button");
  const isDark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.type = "button";
  button.className = "theme";
  button.title = "Switch between light and dark";
  button.addEventListener("click", () => {
    root.dataset.theme = remembered(isDark() ? "light" : "dark");
    name();
  });
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  name();
  document.querySelector(".top").append(button);
}

function keyOf(group, column) {
  const cell = group.rows[0].cells[column];
  return cell ? cell.dataset.sort || "" : "";
}

function compare(first, second, isNumber) {
  return isNumber ? Number(first) - Number(second) : first.localeCompare(second, undefined, { numeric: true });
}

function sortBy(table, column, direction) {
  const isNumber = table.tHead.rows[0].cells[column].classList.contains("number");
  const groups = [...table.tBodies];
  const missing = groups.filter((group) => keyOf(group, column) === "");
  const known = groups.filter((group) => keyOf(group, column) !== "");
  known.sort((a, b) => direction * compare(keyOf(a, column), keyOf(b, column), isNumber));
  table.append(...known, ...missing); // what has no value comes last, whichever way
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    if (place === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  });
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, column, head.ariaSort === "ascending" ? -1 : 1));
    head.append(button);
  });
}

function addOrderChoice(table) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  label.className = "order";
  label.append("In the order of ", select);
  const asRun = [...table.tBodies];
  select.add(new Option("the run", -1));
  [...table.tHead.rows[0].cells].forEach((head, column) => select.add(new Option(head.textContent.trim(), column)));
  select.addEventListener("change", () => {
    if (Number(select.value) < 0) table.append(...asRun);
    else sortBy(table, Number(select.value), 1);
  });
  table.closest(".scroll").before(label);
}

function openAllForPrint() {
  const closed = [];
  addEventListener("beforeprint", () => {
    closed.push(...document.querySelectorAll("details:not([open])"));
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    while (closed.length) closed.pop().open = false;
  });
}

addThemeSwitch();
openAllForPrint();
const cells = document.querySelector("table.cells");
if (cells && cells.tBodies.length > 1) {
  makeSortable(cells);
  addOrderChoice(cells);
}
