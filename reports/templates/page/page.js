"use strict";
// The page comes to life: filters to rows, the address, colours, and what is built when unfolded.

let filter = { ...FIRST };
let openAddress = null;

function writeAddress() {
  const words = hashOf(filter, openAddress);
  const old = location.hash.slice(1);
  if (words !== old && !(words === "" && /^\w+$/.test(old))) history.replaceState(null, "", words ? `#${words}` : location.pathname + location.search);
}

function rememberOpen(place) {
  openAddress = place;
  writeAddress();
}

function apply(next) {
  filter = next;
  turned.clear();
  const found = matching(filter);
  fold = isPlain(filter) ? "few" : "found";
  if (fold === "found" && found.length > 60) fold = "sections";
  tell(found);
  showGrid(found);
  writeAddress();
}

function tell(found) {
  const rows = found.reduce((sum, each) => sum + each.rows.length, 0);
  document.getElementById("shown").textContent = `${found.length.toLocaleString("en")} of ${plural(REQS.length, "requirement")}, ${plural(rows, "case")}`;
}

function start() {
  fillChoices();
  let later = 0;
  form.addEventListener("input", (event) => {
    clearTimeout(later);
    later = setTimeout(() => apply(readForm()), event.target.name === "text" ? 120 : 0);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("[data-fold]")) {
    button.addEventListener("click", () => {
      fold = button.dataset.fold;
      turned.clear();
      showGrid(shown);
    });
  }
  grid.addEventListener("keydown", (event) => onGridKey(event, openCell));
  grid.addEventListener("click", (event) => onGridChoice(event.target.closest(".row > *"), openCell));
  sheet.addEventListener("close", onClosed);
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("keydown", onSheetKey);
  window.addEventListener("hashchange", fromAddress);
  window.addEventListener("beforeprint", fillAll);
  new ResizeObserver(() => grid.classList.toggle("wide", grid.scrollWidth > grid.clientWidth)).observe(grid);
  colours();
  lookFirst();
  lazily("values", buildValues);
  lazily("states", buildStates);
  lazily("known", buildKnown);
  for (const link of document.querySelectorAll("nav a[data-to]")) link.addEventListener("click", (event) => {
    reveal(link.dataset.to);
    event.preventDefault();
  });
  fromAddress();
}

function fromAddress() {
  const { filter: next, open } = readHash();
  writeForm(next);
  openAddress = open;
  apply(next);
  const part = /^#(matrix|values|states|known)$/.exec(location.hash);
  if (part) reveal(part[1]);
  const row = open && REQS.flatMap((req) => req.rows).find((each) => each.case.key === open[0] && (!open[2] || each.req.id === open[2]));
  if (row) {
    openCase(row, Math.max(0, sameTarget(open[1])));
    return;
  }
  opened = null;
  sheet.close();
}

function onClosed() {
  opened = null;
  rememberOpen(null);
}

function onSheetKey(event) {
  if (event.target.closest("select, .draw, pre, code") || event.ctrlKey || event.altKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || !opened) return;
  const at = opened.at + by;
  if (COLUMNS[at]) openCase(opened.row, at).then(() => sheet.querySelector(`.tabs [data-at="${at}"]`)?.focus());
  event.preventDefault();
}

function reveal(name) {
  const part = document.getElementById(name);
  if (part.tagName === "DETAILS") part.open = true;
  part.scrollIntoView();
  (part.querySelector("summary") || grid.querySelector('[tabindex="0"]'))?.focus({ preventScroll: true });
}

// -- where to look first ------------------------------------------------------------------------------

function lookFirst() {
  const looks = document.getElementById("looks");
  const count = (next) => matching({ ...FIRST, ...next }).length;
  const add = (next, told, kind = "") => {
    const number = count(next);
    if (!number) return;
    looks.append(h("button", { type: "button", class: kind, onclick: () => goTo({ ...FIRST, ...next }) }, told(number)));
  };
  add({ level: "all", odd: true }, (n) => `${plural(n, "requirement")} not as expected`, "alert");
  add({ level: "must", verdict: "F" }, (n) => `${plural(n, "requirement")} that must hold and fail somewhere`);
  if (COLUMNS.length > 1) add({ level: "all", differ: true }, (n) => `${plural(n, "requirement")} where targets differ`);
  add({ level: "all", verdict: "QE" }, (n) => `${plural(n, "requirement")} that could not be judged`);
}

function goTo(next) {
  writeForm(next);
  apply(next);
  document.getElementById("matrix").scrollIntoView();
}

// -- colours ------------------------------------------------------------------------------------------

function colours() {
  const button = document.getElementById("theme");
  const kinds = ["auto", "light", "dark"];
  const told = { auto: "as the system has them", light: "light", dark: "dark" };
  const show = (kind) => {
    if (kind === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = kind;
    button.textContent = `◐ ${kind}`;
    button.title = `Colours: ${told[kind]}`;
    button.dataset.kind = kind;
  };
  let kept = "auto";
  try { kept = localStorage.getItem("tcpassay-colours") || "auto"; } catch { /* nothing is kept */ }
  show(kinds.includes(kept) ? kept : "auto");
  button.addEventListener("click", () => {
    const next = kinds[(kinds.indexOf(button.dataset.kind) + 1) % kinds.length];
    show(next);
    try { localStorage.setItem("tcpassay-colours", next); } catch { /* nothing is kept */ }
  });
}

// -- the parts below ------------------------------------------------------------------------------------

function lazily(name, build) {
  const part = document.getElementById(name);
  const inside = part.querySelector(".inside");
  part.addEventListener("toggle", () => part.open && !inside.childElementCount && build(inside));
}

function buildValues(inside) {
  if (!DATA.values.length) inside.append(h("p", {}, "No case has measured anything."));
  for (const [title, rows] of DATA.values) {
    const named = rows.some(([, key]) => key);
    const head = h("tr", {}, h("th", { scope: "col" }, "value"), named ? h("th", { scope: "col" }, "case") : null, COLUMNS.map((column) => h("th", { scope: "col", class: "num" }, column.label)));
    const lines = rows.map(([name, key, differs, values]) =>
      h("tr", { class: differs ? "differs" : "" }, h("td", {}, name), named ? h("td", { class: "mono" }, key) : null, values.map((value) => h("td", { class: "num" }, value ?? "–"))),
    );
    inside.append(h("div", { class: "scrolls", tabindex: "0", role: "group", "aria-label": title }, h("table", { class: "values" }, h("caption", {}, title), h("thead", {}, head), h("tbody", {}, lines))));
  }
}

async function buildStates(inside) {
  const figure = h("figure", { class: "states", tabindex: "0", role: "group", "aria-label": "State diagram" });
  const select = h("select", {}, COLUMNS.map((column, at) => h("option", { value: at }, column.label)));
  inside.append(h("p", {}, h("label", {}, "target ", select)), figure);
  const drawings = await inflate(DATA.states);
  const show = () => figure.replaceChildren(document.importNode(new DOMParser().parseFromString(drawings[select.value], "image/svg+xml").documentElement, true));
  select.addEventListener("change", show);
  show();
}

function buildKnown(inside) {
  if (!DATA.expected.length) inside.append(h("p", {}, "All that is as expected passes."));
  COLUMNS.forEach((column, at) => {
    const mine = DATA.expected.filter(([each]) => each === at);
    if (!mine.length) return;
    const items = mine.map(([, code, reason, cases]) => h("article", {}, h("p", {}, chip(code), " ", reason), casesOf(cases, at)));
    inside.append(h("h3", {}, column.label, h("span", { class: "soft" }, ` ${plural(mine.length, "reason")}`)), h("div", { class: "known" }, items));
  });
}

function casesOf(cases, at) {
  const links = cases.map((number) => {
    const found = CASES[number];
    const row = found.reqs[0]?.rows.find((each) => each.case === found);
    return row ? h("li", {}, h("button", { type: "button", onclick: () => openCase(row, at) }, chip(row.codes[at]), found.key)) : h("li", {}, found.key);
  });
  return h("details", { class: "cases" }, h("summary", {}, plural(cases.length, "case")), h("ul", { class: "siblings" }, links));
}

start();
