"use strict";
// The matrix: sources, sections, requirements and cases, each built when it is unfolded and near.

const grid = document.getElementById("grid");
const HEIGHT = { source: 38, section: 38, req: 52, case: 27 };
const AT_ONCE = 60;

let shown = [];
let fold = "few";
const turned = new Set();
const nearby = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && fill(entry.target)),
  { root: grid, rootMargin: "1200px 0px" },
);
const waiting = new WeakMap();

// -- the tree -------------------------------------------------------------------------------------

function tree(found) {
  const sources = new Map();
  for (const { req, rows } of found) {
    const source = into(sources, req.section.source, () => ({ kind: "source", key: `s:${req.section.source}`, label: req.section.source, sections: new Map() }));
    const section = into(source.sections, req.section.number, () => ({ kind: "section", key: req.section.key, label: req.section.name, title: req.section.title, children: [] }));
    section.children.push({ kind: "req", key: req.key, req, rows, children: rows.map((row) => ({ kind: "case", row })) });
  }
  return [...sources.values()].map((source) => {
    const sections = [...source.sections.values()].sort((a, b) => Number(a.key.slice(2)) - Number(b.key.slice(2)));
    return { ...source, children: sections };
  });
}

function into(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

const requirements = (node) => (node.kind === "req" ? [node] : node.children.flatMap(requirements));

// Unfolded by the general rule, unless it was turned by hand.
function isOpen(node) {
  let open = false;
  if (fold === "all") open = true;
  else if (fold === "bad") open = worst(node) >= rank("D");
  else if (fold === "found") open = node.kind !== "req" || shown.length <= 8;
  else if (fold === "sections") open = node.kind === "source";
  else if (fold === "few") open = node.kind === "source" && node.label === shown[0]?.req.section.source;
  return turned.has(node.key) !== open;
}

function worst(node) {
  if (node.kind !== "req") return Math.max(...node.children.map(worst));
  return Math.max(...node.req.cells.map((cell) => rank(cell.code)));
}

// -- rows -----------------------------------------------------------------------------------------

function headRow() {
  const labels = COLUMNS.map((column) => h("div", { class: "label", role: "columnheader", title: `${column.label}: ${column.version}` }, column.label.replaceAll("-", "-\u200b")));
  return h("div", { class: "row head", role: "row" }, h("div", { class: "name", role: "columnheader" }, "requirement"), labels);
}

function rowOf(node, level) {
  const foldable = node.kind !== "case";
  const row = h("div", { class: `row ${node.kind}`, role: "row", "aria-level": level, "aria-expanded": foldable ? String(isOpen(node)) : undefined });
  row.node = node;
  const cells = { source: sums, section: sums, req: ofRequirement, case: ofCase }[node.kind](node);
  row.append(nameOf(node, foldable), ...cells);
  return row;
}

function nameOf(node, foldable) {
  const name = h("div", { class: "name", role: "rowheader", tabindex: "-1" });
  if (foldable) name.append(h("span", { class: "fold", "aria-hidden": "true" }));
  if (node.kind === "req") {
    const [, source, id] = /^([^:]+:)?(.*)$/s.exec(node.req.id);
    name.append(h("span", { class: "id", title: node.req.id }, h("span", { class: "of" }, source || ""), id), h("span", { class: "level" }, node.req.level || "?"));
    name.append(h("span", { class: "words" }, node.req.text));
  } else if (node.kind === "case") {
    name.append(h("span", { class: "id" }, node.row.case.key));
    name.title = node.row.case.title;
  } else {
    const number = requirements(node).length;
    name.append(h("span", { class: "heading" }, heading(node)), h("span", { class: "words" }, node.title || ""), h("small", { class: "soft count" }, plural(number, "requirement")));
  }
  return name;
}

function heading(node) {
  if (node.kind === "section") return /^\d/.test(node.label) ? `§ ${node.label}` : node.label;
  return node.label.replace(/^RFC(\d)/, "RFC $1").replace(/^DOC$/, "Source documents");
}

// Of so many requirements, how many share the verdict that weighs most; and all of them as a bar.
function sums(node) {
  const reqs = requirements(node).map((each) => each.req);
  return COLUMNS.map((column, at) => {
    const counts = {};
    for (const req of reqs) counts[req.cells[at].code] = (counts[req.cells[at].code] || 0) + 1;
    delete counts["-"];
    const { code, number, judged } = heaviest(counts);
    if (!number) return h("div", { class: "cell sum none", role: "gridcell", tabindex: "-1", "aria-label": `${column.label}: not run` }, "–");
    const odd = reqs.some((req) => req.cells[at].odd);
    const told = Object.keys(counts).map((each) => `${counts[each]} ${WORDS[each]}`).join(", ");
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    for (const each of "PIDFQEU") if (counts[each]) bar.append(h("i", { class: `b${each}`, style: `flex:${counts[each]}` }));
    const text = `${LETTERS[code]} ${number}${number < judged ? `/${judged}` : ""}${odd ? "!" : ""}`;
    const label = `${text}, ${column.label}: ${told}${odd ? "; not all as expected" : ""}`;
    return h("div", { class: `cell sum v t${code}`, role: "gridcell", tabindex: "-1", "aria-label": label, title: told }, text, bar);
  });
}

// A choice that a document leaves open meets it: where others pass, both count as met.
function heaviest(counts) {
  const folded = { ...counts };
  if (folded.P && folded.I) {
    folded.P += folded.I;
    delete folded.I;
  }
  const code = Object.keys(folded).sort((a, b) => rank(b) - rank(a))[0];
  const judged = Object.entries(folded).reduce((sum, [each, number]) => sum + (each === "U" ? 0 : number), 0);
  return { code, number: folded[code] || 0, judged };
}

function ofRequirement(node) {
  return node.req.cells.map((cell, at) => {
    if (cell.code === "-") return emptyCell(at);
    const code = cell.odd ? cell.code.toLowerCase() : cell.code;
    return letterCell(code, at, cell.part);
  });
}

const ofCase = (node) => [...node.row.codes].map((code, at) => (code === "-" ? emptyCell(at) : letterCell(code, at, "")));

// A cell that opens; `part` is how many of how many cases have given the verdict.
function letterCell(code, at, part) {
  const cases = part ? `, ${part.replace("/", " of ")} cases` : "";
  const told = `${COLUMNS[at].label}: ${WORDS[code.toUpperCase()]}${cases}${isOdd(code) ? ", not as expected" : ""}`;
  const label = `${letterOf(code)}${part}, ${told}`;
  return h("div", { class: `cell ${classOf(code)}`, role: "gridcell", tabindex: "-1", "aria-label": label, "data-at": at }, letterOf(code), part && h("small", {}, part));
}

function emptyCell(at) {
  return h("div", { class: "cell v vN none", role: "gridcell", tabindex: "-1", "aria-label": `${COLUMNS[at].label}: not run` }, "–");
}

// -- building -------------------------------------------------------------------------------------

// Rows wait in blocks of a known height until they come near.
function blocks(nodes, level) {
  const out = [];
  for (let at = 0; at < nodes.length; at += AT_ONCE) {
    const part = nodes.slice(at, at + AT_ONCE);
    const height = part.reduce((sum, node) => sum + heightOf(node), 0);
    const block = h("div", { class: "some", role: "presentation", style: `height:${height}px` });
    waiting.set(block, { nodes: part, level });
    nearby.observe(block);
    out.push(block);
  }
  return out;
}

function heightOf(node) {
  const below = node.kind !== "case" && isOpen(node) ? node.children.reduce((sum, child) => sum + heightOf(child), 0) : 0;
  return HEIGHT[node.kind] + below;
}

function fill(block) {
  const { nodes, level } = waiting.get(block) || {};
  if (!nodes) return;
  waiting.delete(block);
  nearby.unobserve(block);
  block.style.height = "";
  block.append(...nodes.flatMap((node) => withChildren(node, level)));
}

function withChildren(node, level) {
  const row = rowOf(node, level);
  if (node.kind === "case" || !isOpen(node)) return [row];
  return [row, h("div", { class: "below", role: "presentation" }, blocks(node.children, level + 1))];
}

function fillAll() {
  for (let block; (block = [...grid.querySelectorAll(".some:empty")].find((each) => waiting.has(each))); ) {
    for (const each of grid.querySelectorAll(".some:empty")) fill(each);
  }
}

function showGrid(found) {
  shown = found;
  const focused = grid.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  const top = blocks(tree(found), 1);
  grid.replaceChildren(headRow(), ...top);
  top.slice(0, 1).forEach(fill);
  if (!found.length) grid.append(h("div", { class: "row", role: "row" }, h("div", { class: "empty", role: "gridcell" }, "No requirement is left by these filters.")));
  grid.querySelector(".name[tabindex]")?.setAttribute("tabindex", "0");
  if (focused) refocus(focused);
}

function turn(row) {
  const node = row.node;
  if (node.kind === "case") return;
  if (turned.has(node.key)) turned.delete(node.key);
  else turned.add(node.key);
  const open = isOpen(node);
  row.setAttribute("aria-expanded", String(open));
  if (row.nextElementSibling?.classList.contains("below")) row.nextElementSibling.remove();
  if (!open) return;
  const below = h("div", { class: "below", role: "presentation" }, blocks(node.children, Number(row.getAttribute("aria-level")) + 1));
  row.after(below);
  fill(below.firstElementChild);
}

// -- the keyboard ---------------------------------------------------------------------------------

const keyOf = (node) => (node.kind === "case" ? `k:${node.row.req.number}:${node.row.case.number}` : node.key);

function placeOf(element) {
  const row = element.closest(".row");
  return row?.node ? [keyOf(row.node), [...row.children].indexOf(element)] : null;
}

function refocus([key, at]) {
  const row = [...grid.querySelectorAll(".row:not(.head)")].find((each) => each.node && keyOf(each.node) === key);
  if (row) focusCell(row.children[at]);
}

function focusCell(cell) {
  if (!cell) return;
  for (const old of grid.querySelectorAll('[tabindex="0"]')) old.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function move(cell, key, ctrl) {
  const row = cell.closest(".row");
  const at = [...row.children].indexOf(cell);
  const rows = () => [...grid.querySelectorAll(".row:not(.head)")].filter((each) => each.node);
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[key];
  if (step) {
    const all = rows();
    const place = all.indexOf(row) + step;
    focusCell(all[Math.max(0, Math.min(all.length - 1, place))].children[at]);
  } else if (key === "ArrowRight") {
    if (at === 0 && row.getAttribute("aria-expanded") === "false") turn(row);
    else focusCell(row.children[at + 1]);
  } else if (key === "ArrowLeft") {
    if (at === 0 && row.getAttribute("aria-expanded") === "true") turn(row);
    else focusCell(row.children[at - 1]);
  } else if (ctrl) {
    if (key === "End") fillAll();
    focusCell(rows().at(key === "Home" ? 0 : -1).children[at]);
  } else focusCell(row.children[key === "Home" ? 0 : row.children.length - 1]);
}

const MOVES = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "PageDown", "PageUp", "Home", "End"]);

function onGridKey(event, openCell) {
  const cell = event.target.closest(".row > *");
  if (!cell || event.altKey || event.metaKey) return;
  if (MOVES.has(event.key)) move(cell, event.key, event.ctrlKey);
  else if (event.key === "Enter" || event.key === " ") onGridChoice(cell, openCell);
  else return;
  event.preventDefault();
}

function onGridChoice(cell, openCell) {
  const row = cell?.closest(".row");
  if (!row?.node) return;
  focusCell(cell);
  if (cell.dataset.at !== undefined) openCell(row.node, Number(cell.dataset.at));
  else if (!cell.classList.contains("none") || row.node.kind !== "case") turn(row);
}
