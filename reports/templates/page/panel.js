"use strict";
// What a cell opens to: the demand, the stimulus, what came, and the packets of two targets.

const sheet = document.getElementById("sheet");
let opened = null;
let drawn = 0;

const sameTarget = (name) => COLUMNS.findIndex((column) => column.label === name);

// The case that weighs most on a target, of equals one that is not as expected.
function worstRow(rows, at) {
  const weight = ({ codes }) => 2 * rank(codes[at]) + isOdd(codes[at]);
  return rows.reduce((best, row) => (weight(row) > weight(best) ? row : best));
}

function openCell(node, at) {
  const row = node.kind === "case" ? node.row : worstRow(node.rows, at);
  return openCase(row, at);
}

async function openCase(row, at) {
  opened = { row, at };
  rememberOpen([row.case.key, COLUMNS[at].label, row.req.id]);
  const mine = ++drawn;
  const details = await detailsOf(row.case.number);
  if (mine !== drawn || !opened) return;
  sheet.replaceChildren(content(row, at, details || { c: {} }));
  if (!sheet.open) sheet.showModal();
  sheet.querySelector(".body").scrollTop = 0;
  if (!sheet.contains(document.activeElement) || document.activeElement === sheet || !document.activeElement.dataset.at) sheet.querySelector('[aria-pressed="true"]').focus();
  sheet.dataset.ready = `${row.case.key} ${at}`;
}

function content(row, at, details) {
  const cell = details.c[at] || {};
  const body = h("div", { class: "body", tabindex: "-1" }, verdictLine(row, at, cell), facts(row, at, cell, details), ladders(row, at, details), below(row, at, cell, details));
  return h("div", { class: "sheet" }, heading2(row, at), body);
}

// -- the head ---------------------------------------------------------------------------------------

function heading2(row, at) {
  const close = h("button", { type: "button", class: "close", onclick: () => sheet.close(), "aria-label": "close" }, "✕");
  const tabs = COLUMNS.map((column, each) =>
    h("button", { type: "button", "aria-pressed": String(each === at), "data-at": each, onclick: () => openCase(row, each).then(() => sheet.querySelector(`.tabs [data-at="${each}"]`)?.focus()), "aria-label": `${letterOf(row.codes[each])} ${column.label}: ${WORDS[row.codes[each].toUpperCase()]}` }, chip(row.codes[each]), column.label),
  );
  const step = (by) => h("button", { type: "button", onclick: () => stepCase(by), "aria-label": by < 0 ? "case before" : "next case" }, by < 0 ? "↑" : "↓");
  return h("header", {}, h("div", { class: "line1" }, h("h2", { id: "sheet-title" }, row.case.key), step(-1), step(1), close), h("div", { class: "tabs", role: "group", "aria-label": "target" }, tabs));
}

// Through what the filters show; from a case that they hide, through its requirement's.
function stepCase(by) {
  const found = shown.flatMap((each) => each.rows);
  const rows = found.includes(opened.row) ? found : opened.row.req.rows;
  const next = rows[rows.indexOf(opened.row) + by];
  if (next) openCase(next, opened.at);
}

function verdictLine(row, at, cell) {
  const code = row.codes[at].toUpperCase();
  const said = [chip(row.codes[at]), h("b", {}, `${WORDS[code]} on ${COLUMNS[at].label}`)];
  if (isOdd(row.codes[at])) said.push(h("span", { class: "why" }, `not as expected: ${cell.e || "pass"} is`));
  else if (cell.e) said.push(h("span", { class: "soft" }, "as expected"));
  said.push(h("span", { class: "soft" }, COLUMNS[at].version));
  return h("p", { class: "verdict" }, said);
}

// -- what is known ----------------------------------------------------------------------------------

const pair = (name, value, kind = "") => (value === null || value === undefined || value === "" ? [] : [h("dt", {}, name), h("dd", { class: kind }, value)]);

function facts(row, at, cell, details) {
  const { req } = row;
  const others = row.case.reqs.filter((each) => each !== req).map((each) => each.id);
  const list = h("dl", { class: "facts" },
    pair("Requirement", [h("b", {}, `${req.id} `), h("span", { class: "soft" }, [req.level, req.condition && `where it has ${req.condition}`].filter(Boolean).join(", ")), " ", source(req), "\n", req.text]),
    pair("How it is checked", req.test),
    pair("Stimulus", row.case.title),
    pair("Seen", cell.m, isOdd(row.codes[at]) || "FDQE".includes(row.codes[at].toUpperCase()) ? "said" : ""),
    pair("Got and wanted", cell.d && difference(cell.d)),
    pair(cell.n ? `Known, a ${cell.n}` : "Known", cell.r),
    pair("Measured", cell.v && Object.entries(cell.v).map(([name, value]) => `${name}: ${value}`).join("\n")),
    pair("By requirement", cell.j && Object.entries(cell.j).map(([name, letter]) => `${name}: ${WORDS[CODE_OF[letter]]}`).join("\n")),
    pair("The oracle says", cell.a && cell.a.map(([, id, level, why, allowed, known]) => `${why}${allowed ? `; allowed: ${allowed}` : ""} (${id}, ${level}${known ? ", known" : ""})`).join("\n")),
    pair("Also judges", others.join(", ")),
    pair("Written in", details.at),
  );
  return list;
}

function source(req) {
  const rfc = /^RFC(\d+)$/.exec(req.section.source);
  if (!rfc) return h("span", { class: "soft" }, req.section.name);
  const section = /^[\d.]+$/.test(req.section.name) ? `#section-${req.section.name}` : "";
  return h("a", { href: `https://www.rfc-editor.org/rfc/rfc${rfc[1]}.html${section}`, rel: "noreferrer noopener", target: "_blank" }, `RFC ${rfc[1]}, section ${req.section.name}`);
}

function difference(rows) {
  const head = h("tr", {}, ["field", "got", "wanted"].map((name) => h("th", { scope: "col" }, name)));
  const lines = rows.map(([field, got, want]) => h("tr", {}, h("th", { scope: "row" }, field), h("td", { class: "got" }, got), h("td", {}, want)));
  return h("div", { class: "scrolls" }, h("table", { class: "diff" }, h("thead", {}, head), h("tbody", {}, lines)));
}

// -- the packets ------------------------------------------------------------------------------------

const hasTrace = (details, at) => details.c[at]?.t !== undefined;

// What stands beside: the reference stack, else another that passes, else any other.
function besides(row, at, details) {
  const others = COLUMNS.map((_, each) => each).filter((each) => each !== at && hasTrace(details, each));
  const worth = (each) => (COLUMNS[each].name === "reference" ? 0 : row.codes[each] === "P" ? 1 : 2);
  return others.sort((a, b) => worth(a) - worth(b) || a - b);
}

function ladders(row, at, details) {
  const others = besides(row, at, details);
  const holder = h("div", { class: "pair" });
  const show = (beside) => {
    const parts = [one(row, at, details, null)];
    if (beside !== undefined) parts.push(one(row, beside, details, others.length > 1 ? chooser(others, beside, show) : null));
    holder.replaceChildren(...parts);
  };
  show(others[0]);
  return h("section", {}, h("h3", {}, "What happened", h("span", { class: "soft" }, "numbers count from the connection's first ones")), holder);
}

function chooser(others, chosen, show) {
  const select = h("select", { "aria-label": "target beside", onchange: () => { show(Number(select.value)); holderFocus(); } }, others.map((each) => h("option", { value: each, selected: each === chosen }, COLUMNS[each].label)));
  const holderFocus = () => sheet.querySelector(".pair select")?.focus();
  return select;
}

function one(row, at, details, select) {
  const cell = details.c[at] || {};
  const label = COLUMNS[at].label;
  const head = h("header", {}, chip(row.codes[at]), select || h("b", {}, label));
  if (!hasTrace(details, at)) return h("section", { "data-at": at }, head, withoutTrace(row, at, cell));
  const trace = details.t[cell.t];
  const bad = "FDQE".includes(row.codes[at].toUpperCase()) || isOdd(row.codes[at]);
  const alarms = (cell.a || []).filter(([line]) => line !== null);
  const why = bad && cell.m ? cell.m : "";
  const svg = trace.x === undefined && alarms.length ? ladder({ ...trace, x: alarms[0][0] }, alarms[0][3], label) : ladder(trace, why, label, alarms.map(([line]) => line));
  return h("section", { "data-at": at }, head,
    h("div", { class: "draw", tabindex: "0", role: "group", "aria-label": `ladder of ${label}` }, svg),
    h("details", { open: window.innerWidth > 720 }, h("summary", {}, "packetdrill notation"), script(trace)),
  );
}

function withoutTrace(row, at, cell) {
  const said = cell.p
    ? "The trace is not in this page; the run wrote it to its folder as " + cell.p + "."
    : row.codes[at] === "-" ? "This case did not run here." : "No trace of this was kept.";
  const frames = cell.f ? h("pre", { class: "script", tabindex: "0", "aria-label": "last frames" }, cell.f.join("\n")) : null;
  return h("div", { class: "inside" }, h("p", { class: "soft" }, said), frames);
}

// -- and the rest -----------------------------------------------------------------------------------

function below(row, at, cell, details) {
  const parts = [];
  if (cell.p) parts.push(h("h3", {}, "See it again", h("span", { class: "soft" }, "in the run's folder")), copyable(`tcpassay replay ${quoted(cell.p)} --target ${quoted(COLUMNS[at].name)}`));
  else parts.push(h("h3", {}, "See it"), copyable(`tcpassay run ${quoted(COLUMNS[at].name)} --case ${quoted(row.case.key.replace(" (IPv6)", ""))}`));
  const [trace, capture] = cell.l || [];
  if (trace || capture) parts.push(h("p", {}, trace ? h("a", { href: trace }, "trace (JSON)") : null, trace && capture ? " · " : "", capture ? h("a", { href: capture }, "capture (pcapng)") : null));
  const shownIn = row.case.key.startsWith("oracle/") ? violated(cell.m || "", at) : [];
  if (shownIn.length) parts.push(h("h3", {}, "Seen in"), h("ul", { class: "siblings" }, shownIn));
  if (cell.s) parts.push(h("h3", {}, "What the stack printed"), h("pre", { class: "printed", tabindex: "0" }, cell.s));
  if (row.req.rows.length > 1) parts.push(h("h3", {}, "Cases of this requirement", h("span", { class: "soft" }, plural(row.req.rows.length, "case"))), siblings(row, at));
  if (details.k) parts.push(h("h3", {}, "Faults that this case finds", h("span", { class: "soft" }, "planted in the reference stack, one at a time")), h("ul", { class: "list mono" }, details.k.map((name) => h("li", {}, name))));
  return h("div", {}, parts);
}

// The cases that an entry of the oracle names in its message.
function violated(message, at) {
  const named = message.replace(/^[A-Z ]+: /, "").split("; ").map((part) => part.split(": event ")[0]);
  const found = named.map((key) => CASES.find((each) => each.key === key)).filter((each) => each?.reqs.length);
  return found.map((each) => {
    const row = each.reqs[0].rows.find((one) => one.case === each);
    return h("li", {}, h("button", { type: "button", onclick: () => openCase(row, at) }, chip(row.codes[at]), each.key));
  });
}

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

function copyable(command) {
  const button = h("button", { type: "button", onclick: () => copy(command, button) }, "copy");
  return h("div", { class: "copy" }, h("code", { tabindex: "0" }, command), button);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    button.textContent = "select it and copy";
  }
}

// The same requirement's other cases, those that weigh most first.
function siblings(row, at) {
  const rows = [...row.req.rows].sort((a, b) => rank(b.codes[at]) - rank(a.codes[at]));
  const items = rows.slice(0, 200).map((each) => h("li", {}, h("button", { type: "button", "aria-current": each === row ? "true" : undefined, onclick: () => openCase(each, at) }, chip(each.codes[at]), each.case.key)));
  if (rows.length > items.length) items.push(h("li", { class: "soft" }, `and ${rows.length - items.length} more`));
  return h("ul", { class: "siblings" }, items);
}
