"use strict";
// A trace as a ladder: app, stack and peer as life lines, what crosses between them as arrows.
// Lines are those of `evidence.py`: the letter of a kind, then the line of the notation.

const SVG = "http://www.w3.org/2000/svg";
const LINE = /^(\+[\d.]+) (?:([<>]) )?(?:\[([\d.]+)\] )?(.*)$/;
const SEGMENT = /^(?:\[(ect0|ect1|ce)\] )?([FSRP.UEWA]+|-) (-?\d+:-?\d+\(\d+\))(?: ack (-?\d+))?(?: \(ack \d+\))? win (\d+)(?: urg (\d+))?(?: <(.*?)>)?(?: {2}\/\/ (.*))?$/;
const FLAGS = { F: "FIN", S: "SYN", R: "RST", P: "PSH", ".": "ACK", U: "URG", E: "ECE", W: "CWR", A: "AE" };
const X = { time: 4, app: 72, stack: 296, peer: 604, right: 624 };

function s(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// What one line tells: {kind, dt, tag, text, segment}.
function readLine(raw) {
  const found = LINE.exec(raw.slice(1));
  if (!found) return { kind: raw[0], dt: 0, tag: "", text: raw.slice(1) };
  const read = { kind: raw[0], dt: Number(found[1]) || 0, tag: found[3] || "", text: found[4] };
  if (read.kind === "<" || read.kind === ">") {
    const parts = SEGMENT.exec(read.text);
    if (parts) read.segment = { ecn: parts[1], flags: [...parts[2]].map((flag) => FLAGS[flag] || "none"), seq: parts[3], ack: parts[4], win: parts[5], urg: parts[6], options: parts[7], wrong: parts[8] };
  }
  return read;
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function duration(seconds) {
  if (!seconds) return "0 s";
  if (seconds >= 100) return `${seconds.toFixed(0)} s`;
  if (seconds >= 1) return `${Number(seconds.toFixed(3))} s`;
  return seconds >= 0.001 ? `${Number((seconds * 1e3).toFixed(2))} ms` : `${Math.round(seconds * 1e6)} µs`;
}

// `trace`: {l, s, x, g, z}; `why` stands at the marked line; `whose` names the stack; `also`: other lines to mark.
function ladder(trace, why, whose, also = []) {
  const lines = trace.l.split("\n").map(readLine);
  const states = new Map();
  const several = new Set((trace.s || []).map(([, tag]) => tag)).size > 1;
  for (const [at, tag, state, before] of trace.s || []) {
    if (!states.has(at)) states.set(at, []);
    states.get(at).push([several ? `${tag}: ${state}` : state, !!before]);
  }
  const drawing = { parts: [], y: 34, now: 0, told: -1 };
  lines.forEach((line, at) => {
    drawing.now += line.dt;
    if (trace.g && at === trace.g[0]) gap(drawing, trace.g[1]);
    const marked = at === trace.x || also.includes(at);
    if (line.dt >= 1) wait(drawing, line.dt);
    const here = states.get(at) || [];
    for (const [state, before] of here) if (before) pill(drawing, state);
    event(drawing, line, marked, at === trace.x ? why : "");
    for (const [state, before] of here) if (!before) pill(drawing, state);
  });
  if (trace.z) gap(drawing, trace.z);
  return finished(drawing, lines, whose);
}

function finished(drawing, lines, whose) {
  const bottom = drawing.y + 8;
  const arrows = lines.filter((line) => "<>".includes(line.kind)).length;
  const about = `Ladder diagram: ${plural(arrows, "datagram")} between the peer and ${whose}`;
  const svg = s("svg", { class: "ladder", viewBox: `0 0 ${X.right} ${bottom}`, role: "img", "aria-label": about });
  for (const [x, name, anchor] of [[X.app, "app", "middle"], [X.stack, whose, "middle"], [X.peer, "peer", "middle"]]) {
    svg.append(s("line", { class: "life", x1: x, x2: x, y1: 22, y2: bottom - 4 }));
    svg.append(s("text", { class: "end", x, y: 15, "text-anchor": anchor }, cut(name, 30)));
  }
  svg.append(...drawing.parts);
  return svg;
}

function words(x, y, text, kind = "", anchor = "start") {
  return s("text", { class: kind, x, y, "text-anchor": anchor }, text);
}

function time(drawing, y) {
  if (drawing.now === drawing.told) return [];
  drawing.told = drawing.now;
  return [words(X.time, y, duration(drawing.now), "time")];
}

function wait(drawing, seconds) {
  drawing.parts.push(s("line", { class: "cut", x1: X.app, x2: X.peer, y1: drawing.y + 8, y2: drawing.y + 8 }));
  drawing.parts.push(words((X.stack + X.peer) / 2, drawing.y + 5, `${duration(seconds)} pass`, "wait", "middle"));
  drawing.y += 14;
}

function gap(drawing, number) {
  drawing.parts.push(words((X.stack + X.peer) / 2, drawing.y + 12, `⋮ ${plural(number, "line")} left out`, "wait", "middle"));
  drawing.y += 22;
}

function pill(drawing, state) {
  const width = state.length * 6.6 + 14;
  const box = s("rect", { x: X.stack - width / 2, y: drawing.y, width, height: 15, rx: 7.5 });
  drawing.parts.push(s("g", { class: "state" }, box, s("text", { x: X.stack, y: drawing.y + 11 }, state)));
  drawing.y += 20;
}

function event(drawing, line, marked, why) {
  if (line.kind === "<" || line.kind === ">") return datagram(drawing, line, marked, why);
  if ("cjr".includes(line.kind)) return call(drawing, line, marked, why);
  if (line.kind === "x" || marked) return unmet(drawing, line, why);
  if (line.kind === "o" && /^(signal|exit|kill|spawn|log|state) /.test(line.text.replace(/[:(]/, " "))) remark(drawing, line);
}

function arrow(from, to, y) {
  const side = to > from ? -1 : 1;
  return [s("line", { x1: from, x2: to + side * 5, y1: y, y2: y }), s("path", { class: "tip", d: `M${to} ${y} l${side * 8} -4 v8 z` })];
}

function datagram(drawing, line, marked, why) {
  const { segment } = line;
  const [from, to] = line.kind === ">" ? [X.stack, X.peer] : [X.peer, X.stack];
  const group = s("g", { class: `arrow ${line.kind === ">" ? "out" : "in"}${marked ? " bad" : ""}` }, s("title", {}, line.text));
  const y = drawing.y + 15;
  const below = segment ? [segment.options, segment.ecn && `ECN ${segment.ecn}`, segment.urg && `urg ${segment.urg}`, segment.wrong].filter(Boolean).join("  ") : "";
  const height = 22 + (below ? 12 : 0) + (why ? 14 : 0);
  if (marked) group.append(s("rect", { class: "band", x: 0, y: drawing.y, width: X.right, height: height + 2 }));
  const middle = X.stack + 12;
  const tag = line.tag ? `[${line.tag}] ` : "";
  if (segment) {
    const label = words(middle, y - 4, "");
    label.append(s("tspan", { class: "flags" }, tag + segment.flags.join(" ")));
    label.append(s("tspan", { dx: 6 }, segment.seq + (segment.ack === undefined ? "" : ` ack ${segment.ack}`)));
    label.append(s("tspan", { dx: 6, class: "minor" }, `win ${segment.win}`));
    group.append(label);
  } else group.append(words(middle, y - 4, cut(tag + line.text, 44)));
  group.append(...time(drawing, y), ...arrow(from, to, y));
  if (below) group.append(words(middle, y + 11, cut(below, 48), "minor"));
  if (why) drawing.said = why;
  if (why) group.append(words(X.app + 6, y + (below ? 25 : 14), cut(`✗ ${why}`, 82), "why"));
  drawing.parts.push(group);
  drawing.y += height;
}

function call(drawing, line, marked, why) {
  const y = drawing.y + 15;
  const returns = line.kind === "r";
  const group = s("g", { class: `call${marked ? " bad" : ""}` }, s("title", {}, line.text));
  if (marked) group.append(s("rect", { class: "band", x: 0, y: drawing.y, width: X.right, height: why ? 34 : 22 }));
  const text = returns ? line.text.replace(/^\.\.\. /, "") : line.text.replace(/ \.\.\.$/, "");
  group.append(...time(drawing, y), words(X.app + 6, y - 4, cut(text, 32)));
  group.append(...(returns ? arrow(X.stack, X.app, y) : arrow(X.app, X.stack, y)));
  if (why) group.append(words(X.stack + 12, y, cut(`✗ ${why}`, 50), "why"));
  drawing.parts.push(group);
  drawing.y += marked && why ? 34 : 21;
}

function unmet(drawing, line, why) {
  const told = why || line.text.replace(/^.*?NOT MET, /, "").replace(/ \[\S+\]$/, "");
  if (told === drawing.said) return;
  const group = s("g", { class: "unmet bad" }, s("title", {}, line.text));
  group.append(s("rect", { class: "band", x: 0, y: drawing.y, width: X.right, height: 20 }));
  group.append(...time(drawing, drawing.y + 14), words(X.app + 6, drawing.y + 14, cut(`✗ ${told}`, 82), "why"));
  drawing.parts.push(group);
  drawing.y += 24;
}

function remark(drawing, line) {
  const group = s("g", {}, s("title", {}, line.text));
  const text = line.text.replace(/^state (\S+).*/, "the stack says that it is in $1");
  group.append(...time(drawing, drawing.y + 12), words(X.app + 6, drawing.y + 12, cut(text, 82), "minor"));
  drawing.parts.push(group);
  drawing.y += 17;
}

// -- the same as a script --------------------------------------------------------------------------

const SPOKEN = "<>cjr";

function script(trace) {
  const out = h("pre", { class: "script", tabindex: "0", "aria-label": "trace in packetdrill notation" });
  trace.l.split("\n").forEach((raw, at) => {
    if (trace.g && at === trace.g[0]) out.append(h("span", { class: "remark" }, `// ${plural(trace.g[1], "line")} left out\n`));
    const spoken = SPOKEN.includes(raw[0]);
    const text = (spoken ? "" : "// ") + raw.slice(1);
    out.append(h("span", { class: at === trace.x ? "here" : spoken ? "" : "remark" }, text), "\n");
  });
  if (trace.z) out.append(h("span", { class: "remark" }, `// ${plural(trace.z, "line")} left out`));
  return out;
}
