"use strict";
// What the page holds: requirements, cases and letters at once, the details of a case when asked.

const DATA = JSON.parse(document.getElementById("data").textContent);
const COLUMNS = DATA.cols;
const WORDS = { P: "pass", F: "fail", D: "deviation", I: "info", U: "unsupported", Q: "inconclusive", E: "error", "-": "not run" };
const LETTERS = { P: "P", F: "F", D: "D", I: "i", U: "u", Q: "?", E: "E", "-": "–" };
const CODE_OF = { P: "P", F: "F", D: "D", i: "I", u: "U", "?": "Q", E: "E", "-": "-" };
// From what tells least to what weighs most.
const RANK = "-UPIDQFE";

const isOdd = (code) => code !== "-" && code === code.toLowerCase();
const rank = (code) => RANK.indexOf(code.toUpperCase());

// A requirement's cell as Python wrote it, "F 2/7 !".
function cellOf(text) {
  const parts = text.split(" ");
  return { code: CODE_OF[parts[0]], part: parts[1] && parts[1] !== "!" ? parts[1] : "", odd: text.endsWith("!") };
}

function differ(codes) {
  const seen = new Set(codes.toUpperCase());
  seen.delete("-");
  seen.delete("U");
  return seen.size > 1;
}

const SECTIONS = DATA.sections.map(([source, name, title], number) => ({ number, source, name, title, key: `c:${number}` }));
const CASES = DATA.cases.map(([key, title, codes, state], number) => ({ number, key, title, codes, state, reqs: [] }));
const REQS = DATA.reqs.map(([section, id, level, tier, state, condition, text, test, cells, differs, rows], number) => {
  const req = { number, key: `r:${number}`, section: SECTIONS[section], id, level, tier, state, condition, text, test, differs: !!differs };
  req.cells = cells.map(cellOf);
  req.rows = rows.map((row) => {
    const found = CASES[Array.isArray(row) ? row[0] : row];
    const codes = Array.isArray(row) ? row[1] : found.codes;
    found.reqs.push(req);
    return { req, case: found, codes, differs: differ(codes) };
  });
  return req;
});

// -- details --------------------------------------------------------------------------------------

const inflated = new Map();

async function inflate(base64) {
  const octets = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

function chunkOf(number) {
  let low = 0;
  for (let high = DATA.firsts.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (DATA.firsts[middle] <= number) low = middle;
    else high = middle;
  }
  return low;
}

// {at, k, c: {column: cell}, t: [traces]} of one case.
async function detailsOf(number) {
  const chunk = chunkOf(number);
  if (!inflated.has(chunk)) {
    inflated.set(chunk, inflate(document.getElementById(`chunk-${chunk}`).textContent));
  }
  return (await inflated.get(chunk))[number - DATA.firsts[chunk]];
}

// -- elements: text goes in as text, never as markup -----------------------------------------------

function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// The letter as it is shown, with a mark where the verdict is not as expected; and its colour.
const letterOf = (code) => LETTERS[code.toUpperCase()] + (isOdd(code) ? "!" : "");
const classOf = (code) => `v v${code === "-" ? "N" : code.toUpperCase()}${isOdd(code) ? " odd" : ""}`;

function chip(code) {
  return h("span", { class: `chip ${classOf(code)}`, "aria-hidden": "true" }, letterOf(code));
}

const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
