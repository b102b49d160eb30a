// Lists of thousands of records: packed data, a list that draws what is in sight, filters, keys.
// Records are untrusted: their text reaches the page through textContent alone.
const el = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const label = (name) => String(name).replace(/_/g, " ");
const byNumber = new Intl.Collator("en", { numeric: true }).compare;
const narrow = matchMedia("(max-width: 760px)");

function button(text, title, action) {
  const node = el("button", "", text);
  node.type = "button";
  node.title = title;
  node.setAttribute("aria-label", title);
  node.addEventListener("click", action);
  return node;
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// The records behind the element `name` (see embed.py); pieces are read once, when asked for.
function store(name) {
  const head = document.getElementById(name);
  const size = Number(head.dataset.piece), count = Number(head.dataset.pieces);
  const held = [];
  const piece = (n) => (held[n] ??= unpack(document.getElementById(`${name}-${n}`).textContent));
  return {
    index: () => unpack(head.textContent),
    get: async (at) => (await piece(Math.floor(at / size)))[at % size],
    all: async () => {
      const found = [];
      for (let n = 0; n < count; n++) found.push(...(await piece(n)));
      return found;
    },
  };
}

const ROW = 64; // pixels of an entry in the list, as in style.css
const viewers = [];

// `look` says how records are shown: line(entry), render(entry, record, view), words(record).
async function viewer(name, look) {
  const root = document.getElementById(`${name}-viewer`);
  if (!root) return;
  const part = (id) => root.querySelector(`[data-part="${id}"]`);
  const records = store(name);
  const entries = await records.index();
  entries.forEach((entry, at) => { entry.at = at; });
  const selects = [...root.querySelectorAll("select[data-key]")];
  const window_ = part("window"), list = part("list"), article = part("record");
  const query = part("query");
  let shown = entries, current = 0, hays = null, turn = 0;
  const view = { open, again: () => open(current), step: (by) => open(current + by) };

  const values = (entry, key) => [entry[key] ?? []].flat().map(String);
  for (const select of selects) {
    const key = select.dataset.key;
    const found = [...new Set(entries.flatMap((entry) => values(entry, key)))].sort(byNumber);
    select.append(new Option("all", ""));
    for (const value of found) select.append(new Option(label(value), value));
    select.parentElement.hidden = found.length < 2;
    select.addEventListener("change", filter);
  }

  async function filter() {
    const mine = ++turn;
    const words = query.value.trim().toLowerCase();
    if (words && !hays) {
      part("count").textContent = "Searching …";
      const found = await records.all();
      hays = found.map((record, at) => `${entries[at].i}\n${look.words(record)}`.toLowerCase());
    }
    if (mine !== turn) return;
    shown = entries.filter((entry) =>
      selects.every(({ value, dataset }) => !value || values(entry, dataset.key).includes(value))
      && (!words || hays[entry.at].includes(words)));
    const of = entries.length.toLocaleString("en"), n = shown.length.toLocaleString("en");
    part("count").textContent = shown.length === entries.length
      ? `${of} ${look.plural}` : `${n} of ${of} ${look.plural}`;
    list.style.height = `${shown.length * ROW}px`;
    window_.scrollTop = 0;
    await open(0);
  }

  function draw() {
    const first = Math.max(0, Math.floor(window_.scrollTop / ROW) - 4);
    const last = Math.min(shown.length, first + Math.ceil(window_.clientHeight / ROW) + 8);
    const items = [];
    for (let at = first; at < last; at++) {
      const entry = shown[at];
      const item = el("div", "entry");
      item.id = `${name}-entry-${at}`;
      item.style.top = `${at * ROW}px`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === current));
      item.setAttribute("aria-setsize", String(shown.length));
      item.setAttribute("aria-posinset", String(at + 1));
      item.append(el("small", "", look.line(entry)), el("span", "", entry.q));
      item.addEventListener("click", () => open(at));
      items.push(item);
    }
    list.replaceChildren(...items);
    window_.setAttribute("aria-activedescendant", `${name}-entry-${current}`);
  }

  async function open(at) {
    current = Math.max(0, Math.min(at, shown.length - 1));
    const top = current * ROW, height = window_.clientHeight;
    if (top < window_.scrollTop) window_.scrollTop = top;
    else if (top + ROW > window_.scrollTop + height) window_.scrollTop = top + ROW - height;
    draw();
    const entry = shown[current];
    if (!entry) {
      article.replaceChildren(el("p", "empty", `None of the ${look.plural} matches.`));
      return;
    }
    const record = await records.get(entry.at);
    if (shown[current] === entry) article.replaceChildren(...look.render(entry, record, view));
  }

  window_.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(window_);
  let timer;
  query.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  root.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  root.hidden = false;
  viewers.push({ root, window_, query, view, keys: look.keys ?? {} });
  await filter();
  root.dataset.ready = "true";
}

// Keys go to the viewer that has most of the window.
function inSight() {
  const seen = ({ root }) => {
    const box = root.getBoundingClientRect();
    return Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
  };
  return viewers.reduce((best, one) => (!best || seen(one) > seen(best) ? one : best), null);
}

document.addEventListener("keydown", (event) => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const inList = viewers.find(({ window_ }) => window_ === document.activeElement);
  const one = inList ?? inSight();
  if (!one) return;
  const step = { j: 1, k: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key];
  if (step) one.view.step(step);
  else if (event.key === "/") one.query.focus();
  else if (inList && event.key === "Home") one.view.open(0);
  else if (inList && event.key === "End") one.view.open(Infinity);
  else if (one.keys[event.key]) one.keys[event.key](one.view);
  else return;
  event.preventDefault();
});
