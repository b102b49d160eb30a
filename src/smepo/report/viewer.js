"use strict";
// The trace viewer. Traces are untrusted: text reaches the page through textContent alone.
(() => {
  const source = document.getElementById("traces");
  if (!source) return;
  const traces = JSON.parse(source.textContent);
  const $ = (id) => document.getElementById(id);
  const FILTERS = { domain: "d", mode: "m", status: "s" };
  const CHUNK = 200;
  const narrow = matchMedia("(max-width: 760px)");
  let shown = [], current = 0, drawn = 0, inline = narrow.matches, revealed = false;

  const el = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const isBlank = (piece) => typeof piece !== "string";
  const blanks = (trace) => trace.p.flatMap((part) => part[1].filter(isBlank));
  const label = (name) => name.replace(/_/g, " ");

  function options(id, values) {
    const select = $(id);
    select.append(new Option("all", ""));
    for (const value of values) select.append(new Option(label(value), value));
    select.parentElement.hidden = values.length < 2;
    select.addEventListener("change", filter);
  }

  function haystack(trace) {
    if (trace.hay === undefined) {
      const text = trace.p.map((part) => part[1].map((x) => (isBlank(x) ? x[0] : x)).join(""));
      trace.hay = [trace.i, trace.q, ...text].join("\n").toLowerCase();
    }
    return trace.hay;
  }

  function filter() {
    const query = $("query").value.trim().toLowerCase();
    const kind = $("kind").value;
    shown = traces.filter((trace) =>
      Object.entries(FILTERS).every(([id, key]) => !$(id).value || trace[key] === $(id).value)
      && (!kind || trace.k.includes(kind))
      && (!query || haystack(trace).includes(query)));
    $("count").textContent = shown.length === traces.length
      ? `${traces.length} traces` : `${shown.length} of ${traces.length} traces`;
    $("list").replaceChildren();
    drawn = 0;
    more();
    open(0);
  }

  function more() {
    const fragment = document.createDocumentFragment();
    for (const trace of shown.slice(drawn, drawn + CHUNK)) {
      const index = drawn++;
      const item = el("li");
      item.append(el("small", "", `${trace.i} · ${label(trace.s)}`), el("span", "", trace.q));
      item.addEventListener("click", () => open(index));
      fragment.append(item);
    }
    $("list").append(fragment);
  }

  function open(index) {
    const article = $("trace");
    if (!shown.length) {
      article.replaceChildren(el("p", "empty", "No trace matches."));
      return;
    }
    current = Math.max(0, Math.min(index, shown.length - 1));
    while (drawn <= current) more();
    const list = $("list");
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const item = list.children[current];
    item.setAttribute("aria-current", "true");
    if (item.offsetTop - list.offsetTop < list.scrollTop) {
      list.scrollTop = item.offsetTop - list.offsetTop;
    } else if (item.offsetTop - list.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = item.offsetTop - list.offsetTop + item.offsetHeight - list.clientHeight;
    }
    article.replaceChildren(...render(shown[current]));
  }

  function render(trace) {
    const bar = el("div", "bar");
    const status = [trace.i, trace.d, trace.m, label(trace.s)].filter(Boolean).join(" · ");
    bar.append(el("span", "status", trace.r ? `${status}: ${trace.r}` : status));
    bar.append(button("‹", "Previous trace", () => open(current - 1)));
    bar.append(button("›", "Next trace", () => open(current + 1)));
    bar.append(button(inline ? "Side by side" : "Inline", "Change the view", toggle));
    const nodes = [bar, el("p", "question", trace.q)];
    if (trace.t) nodes.push(el("p", "target", `Target: ${trace.t} · ${blanks(trace).length} blanks`));
    const sides = el("div", inline ? "sides inline" : "sides");
    if (!inline || trace.h) sides.append(side("Expert trace", trace, true));
    if (trace.h) sides.append(el("p", "empty", "Nothing is shown: this row trains unguided."));
    else sides.append(side(inline ? "Shown to the policy (tap a blank to see what it hides)"
      : "Shown to the policy", trace, false));
    nodes.push(sides);
    if (trace.l.length) {
      const leaks = trace.l.map(([candidate, attack]) => `${candidate} (${attack})`).join(", ");
      nodes.push(el("p", "leaks", `Scores when copied: ${leaks}`));
    }
    return nodes;
  }

  function side(title, trace, original) {
    const box = el("div", "side");
    box.append(el("h4", "", title));
    for (const [speaker, pieces] of trace.p) {
      if (speaker) box.append(el("div", "speaker", speaker));
      const text = el("div", trace.d === "code" ? "text code" : "text");
      for (const piece of pieces) text.append(isBlank(piece) ? mark(piece, original) : piece);
      box.append(text);
    }
    return box;
  }

  function mark([hidden, kind, role, placeholder, audit], original) {
    const open = original || revealed;
    const node = el("mark", `k-${kind} r-${role}${original ? "" : " blank"}${audit ? " audit" : ""}`,
      open ? hidden : placeholder);
    node.title = `${kind}, ${role}${audit ? ", found by the audit" : ""}: `
      + (original ? placeholder : hidden);
    if (!original) {
      node.addEventListener("click", () => {
        node.textContent = node.textContent === placeholder ? hidden : placeholder;
      });
    }
    return node;
  }

  function button(text, title, action) {
    const node = el("button", "", text);
    node.type = "button";
    node.title = title;
    node.setAttribute("aria-label", title);
    node.addEventListener("click", action);
    return node;
  }

  function toggle() {
    inline = !inline;
    open(current);
  }

  const KEYS = {
    j: () => open(current + 1), k: () => open(current - 1), v: toggle,
    ArrowDown: () => open(current + 1), ArrowUp: () => open(current - 1),
    r: () => { revealed = !revealed; open(current); },
    "/": () => $("query").focus(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (event.key === "Escape" && typing) event.target.blur();
    const arrow = event.key.startsWith("Arrow");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    if (arrow && document.activeElement !== $("list")) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  $("list").addEventListener("scroll", (event) => {
    const list = event.target;
    if (list.scrollTop + list.clientHeight > list.scrollHeight - 400 && drawn < shown.length) more();
  });
  let timer;
  $("query").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());

  for (const trace of traces) trace.k = [...new Set(blanks(trace).map((piece) => piece[1]))];
  const unique = (key) => [...new Set(traces.map((trace) => trace[key]))].filter(Boolean).sort();
  for (const [id, key] of Object.entries(FILTERS)) options(id, unique(key));
  options("kind", [...new Set(traces.flatMap((trace) => trace.k))].sort());
  $("viewer").hidden = false;
  filter();
})();
