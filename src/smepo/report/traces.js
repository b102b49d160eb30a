// Traces: as the expert wrote them beside what the policy is shown.
let inline = narrow.matches, revealed = false;
const isBlank = (piece) => typeof piece !== "string";

const traces = {
  plural: "traces",
  line: (entry) => `${entry.i} · ${label(entry.s)}`,
  words: (record) => [record.q, ...record.p.map(([, pieces]) =>
    pieces.map((piece) => (isBlank(piece) ? piece[0] : piece)).join(""))].join("\n"),
  keys: {
    v: (view) => { inline = !inline; view.again(); },
    r: (view) => { revealed = !revealed; view.again(); },
  },
  render(entry, trace, view) {
    const bar = el("div", "bar");
    const status = [entry.i, entry.d, entry.m, label(entry.s)].filter(Boolean).join(" · ");
    bar.append(el("span", "status", trace.r ? `${status}: ${trace.r}` : status));
    bar.append(button("‹", "Previous trace", () => view.step(-1)));
    bar.append(button("›", "Next trace", () => view.step(1)));
    bar.append(button(revealed ? "Hide" : "Reveal", "Reveal or hide the blanks",
      () => traces.keys.r(view)));
    bar.append(button(inline ? "Side by side" : "Inline", "Change the view",
      () => traces.keys.v(view)));
    const count = trace.p.reduce((sum, [, pieces]) => sum + pieces.filter(isBlank).length, 0);
    const nodes = [bar, el("p", "question", trace.q)];
    const target = trace.t ? `Target: ${trace.t} · ` : "";
    nodes.push(el("p", "target", `${target}${count} ${count === 1 ? "blank" : "blanks"}`));
    const sides = el("div", inline ? "sides inline" : "sides");
    if (!inline || trace.h) sides.append(side("Expert trace", entry, trace, true));
    if (trace.h) sides.append(el("p", "empty", "Nothing is shown: this row trains unguided."));
    else sides.append(side(inline ? "Shown to the policy (tap a blank to see what it hides)"
      : "Shown to the policy", entry, trace, false));
    nodes.push(sides);
    if (trace.l.length) {
      const leaks = trace.l.map(([candidate, attack]) => `${candidate} (${attack})`).join(", ");
      nodes.push(el("p", "leaks", `Scores when copied: ${leaks}`));
    }
    return nodes;
  },
};

function side(title, entry, trace, original) {
  const box = el("div", "side");
  box.append(el("h4", "", title));
  for (const [speaker, pieces] of trace.p) {
    if (speaker) box.append(el("div", "speaker", speaker));
    const text = el("div", entry.d === "code" ? "text code" : "text");
    for (const piece of pieces) text.append(isBlank(piece) ? mark(piece, original) : piece);
    box.append(text);
  }
  return box;
}

function mark([hidden, kind, role, placeholder, audit], original) {
  const node = el("mark", `k-${kind} r-${role}${original ? "" : " blank"}${audit ? " audit" : ""}`,
    original || revealed ? hidden : placeholder);
  node.title = `${kind}, ${role}${audit ? ", found by the audit" : ""}: `
    + (original ? placeholder : hidden);
  if (!original) {
    node.addEventListener("click", () => {
      node.textContent = node.textContent === placeholder ? hidden : placeholder;
    });
  }
  return node;
}
