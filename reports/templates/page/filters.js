"use strict";
// Which rows are shown. What is chosen stands in the address, so that a link shows the same.

const form = document.getElementById("filters");
const FIRST = { level: "must", verdict: "", source: "", state: "", text: "", differ: false, odd: false };

function fillChoices() {
  const sources = [...new Set(SECTIONS.map((section) => section.source))];
  form.elements.source.append(...sources.map((source) => h("option", { value: source }, source)));
  const states = new Set([...REQS.map((req) => req.state), ...CASES.map((each) => each.state)]);
  states.delete("");
  form.elements.state.append(...[...states].sort().map((state) => h("option", { value: state }, state)));
}

function readForm() {
  const values = new FormData(form);
  return {
    level: values.get("level") || FIRST.level,
    verdict: values.getAll("verdict").join(""),
    source: values.get("source") || "",
    state: values.get("state") || "",
    text: (values.get("text") || "").trim(),
    differ: values.has("differ"),
    odd: values.has("odd"),
  };
}

function writeForm(filter) {
  const fields = form.elements;
  for (const radio of fields.level) radio.checked = radio.value === filter.level;
  for (const box of fields.verdict) box.checked = filter.verdict.includes(box.value);
  fields.source.value = filter.source;
  fields.state.value = filter.state;
  fields.text.value = filter.text;
  if (fields.differ) fields.differ.checked = filter.differ;
  fields.odd.checked = filter.odd;
}

// {filter, open: [case key, column label] or null} from the address.
function readHash() {
  const words = new URLSearchParams(location.hash.slice(1));
  const filter = { ...FIRST };
  for (const name of ["level", "verdict", "source", "state", "text"]) if (words.has(name)) filter[name] = words.get(name);
  if (!["must", "should", "may", "all"].includes(filter.level)) filter.level = FIRST.level;
  filter.differ = words.get("differ") === "1";
  filter.odd = words.get("odd") === "1";
  return { filter, open: words.has("case") ? [words.get("case"), words.get("on") || "", words.get("for") || ""] : null };
}

function hashOf(filter, open) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value !== FIRST[name]) words.set(name, value === true ? "1" : value);
  }
  if (open) for (const [name, value] of Object.entries({ case: open[0], on: open[1], for: open[2] })) words.set(name, value);
  return words.toString();
}

const hay = (it, ...texts) => (it.hay ??= texts.join(" ").toLowerCase());

// Requirements with those of their rows that the filter lets through.
function matching(filter) {
  const wanted = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const req of REQS) {
    if (filter.level !== "all" && req.tier !== filter.level) continue;
    if (filter.source && req.section.source !== filter.source) continue;
    const left = wanted.filter((word) => !hay(req, req.id, req.level, req.section.name, req.text, req.state).includes(word));
    const whole = filter.differ && req.differs && !req.rows.some((row) => row.differs);
    const rows = req.rows.filter(
      (row) =>
        (!filter.state || req.state === filter.state || row.case.state === filter.state) &&
        (!filter.differ || whole || row.differs) &&
        (!filter.odd || /[a-z]/.test(row.codes)) &&
        (!filter.verdict || [...filter.verdict].some((letter) => row.codes.toUpperCase().includes(letter))) &&
        (!left.length || left.every((word) => hay(row.case, row.case.key, row.case.title).includes(word))),
    );
    if (rows.length) found.push({ req, rows });
  }
  return found;
}

const isPlain = (filter) => Object.entries(filter).every(([name, value]) => name === "level" || value === FIRST[name]);
