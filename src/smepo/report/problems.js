// Problems of an evaluation, or of two side by side: every completion, what was judged of it.
const problems = {
  plural: "problems",
  line: (entry) => [entry.n.join(" → "), entry.i, entry.l].filter(Boolean).join(" · "),
  words: (record) => [record.q, record.t, ...record.d.flatMap(([, , attempts]) =>
    attempts.flatMap(([, text, found]) => [text, found]))].join("\n"),
  render(entry, record, view) {
    const bar = el("div", "bar");
    const change = entry.c.length ? ` · ${entry.c.join(", ")}` : "";
    bar.append(el("span", "status", [entry.i, entry.l].filter(Boolean).join(" · ") + change));
    bar.append(button("‹", "Previous problem", () => view.step(-1)));
    bar.append(button("›", "Next problem", () => view.step(1)));
    const nodes = [bar, el("p", entry.d === "code" ? "question code" : "question", record.q)];
    if (record.t) nodes.push(el("p", "target", `Target: ${record.t}`));
    const sides = el("div", record.d.length > 1 ? "sides" : "sides inline");
    for (const [title, share, attempts] of record.d) {
      const box = el("div", "side");
      box.append(el("h4", "", `${title ? `${title}: ` : ""}${share} right`));
      attempts.forEach((attempt, at) => box.append(completion(attempt, entry.d, at, attempts.length)));
      sides.append(box);
    }
    return [...nodes, sides];
  },
};

// Folded where there are many, all but the first.
function completion([status, text, found, tokens], domain, at, count) {
  const box = el("details", "completion");
  box.open = count <= 2 || at === 0;
  const line = el("summary");
  line.append(el("b", status === "correct" ? "right" : "wrong", label(status)));
  const code = domain === "code";
  const about = [found && !code ? found : "", tokens ? `${tokens} tokens` : ""].filter(Boolean);
  if (about.length) line.append(el("span", "about", about.join(" · ")));
  box.append(line, el("div", code ? "text code" : "text", text || "(empty)"));
  return box;
}
