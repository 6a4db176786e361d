"use strict";
(function () {
  // Tables sort by a click on a column's title, or Enter on it.
  const number = cell => cell.dataset.sort !== undefined ? parseFloat(cell.dataset.sort)
    : parseFloat(cell.textContent.replace(/[,\s≤≥]/g, "").replace("−", "-"));
  function sort(table, column, heading) {
    const rising = heading.getAttribute("aria-sort") !== "ascending";
    const body = table.tBodies[0], rows = Array.from(body.rows);
    const values = rows.map(row => number(row.cells[column]));
    const numeric = values.filter(v => !Number.isNaN(v)).length * 2 > rows.length;
    const order = rows.map((row, i) => i).sort((a, b) => {
      if (numeric) {
        const [x, y] = [values[a], values[b]];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return rising ? x - y : y - x;
      }
      const [s, t] = [rows[a], rows[b]].map(row => row.cells[column].textContent.trim());
      return s.localeCompare(t, document.documentElement.lang) * (rising ? 1 : -1);
    });
    for (const i of order) body.append(rows[i]);
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  }
  for (const table of document.querySelectorAll("main table")) {
    if (!table.tHead || table.tBodies[0].rows.length < 3) continue;
    Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
      heading.classList.add("sorts");
      heading.tabIndex = 0;
      heading.addEventListener("click", () => sort(table, column, heading));
      heading.addEventListener("keydown", e => { if (e.key === "Enter") sort(table, column, heading); });
    });
  }
  // The table of contents follows the reader.
  const links = new Map(Array.from(document.querySelectorAll(".toc a"), a => [a.hash.slice(1), a]));
  const heads = Array.from(links.keys(), id => document.getElementById(id)).filter(Boolean);
  function follow() {
    let here = heads[0];
    for (const head of heads) if (head.getBoundingClientRect().top < 120) here = head;
    for (const a of links.values()) a.classList.remove("here");
    if (!here) return;
    const a = links.get(here.id);
    a.classList.add("here");
    const box = a.closest(".toc"), top = a.offsetTop - box.clientHeight / 2;
    if (box.scrollHeight > box.clientHeight) box.scrollTop = top;
  }
  addEventListener("scroll", () => requestAnimationFrame(follow), { passive: true });
  follow();
  const contents = document.querySelector(".toc details");
  if (contents && matchMedia("(max-width: 60rem)").matches) {
    contents.open = false;
    contents.addEventListener("click", e => { if (e.target.tagName === "A") contents.open = false; });
  }
})();
