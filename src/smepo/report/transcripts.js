// Transcripts: what a policy and its tools said to each other, turn by turn.
const transcripts = {
  plural: "transcripts",
  line: (entry) => [label(entry.s), `reward ${entry.r}`, entry.i, entry.f].filter(Boolean).join(" · "),
  words: (record) => [record.q, record.t, ...record.m.map(([, text]) => text)].join("\n"),
  render(entry, record, view) {
    const bar = el("div", "bar");
    const calls = `${entry.n} ${entry.n === 1 ? "call" : "calls"} of tools`;
    bar.append(el("span", "status", `${transcripts.line(entry)} · ${calls}`));
    bar.append(button("‹", "Previous transcript", () => view.step(-1)));
    bar.append(button("›", "Next transcript", () => view.step(1)));
    const talk = el("div", "talk");
    for (const [speaker, text, kind] of record.m) {
      const turn = el("div", `turn ${kind}`);
      turn.append(el("div", "speaker", speaker), el("div", "text", text));
      talk.append(turn);
    }
    const nodes = [bar, el("p", "question", record.q)];
    if (record.t) nodes.push(el("p", "target", `Target: ${record.t}`));
    return [...nodes, talk];
  },
};
