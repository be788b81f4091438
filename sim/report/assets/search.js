// Search: ops by kind, shape, source line, span and rank.

const MOST_HITS = 500;
const found = { query: "", hits: [], n: 0, at: -1 };

// Each word must be in an op's label, source, unit, span or rank, as `rank3`; `rank3 exp softmax` is all exps of a
// rank in a file.
function search(query) {
  Object.assign(found, { query, hits: [], n: 0, at: -1 });
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 || !ops.shown) return;
  // Most columns have few different values, so that words are looked for once in each.
  const inTexts = (texts) => words.map((word) => texts.map((text) => text.toLowerCase().includes(word)));
  const [inLabels, inSources] = [inTexts(ops.labels), inTexts(ops.sources)];
  const inUnits = inTexts(lanes.units.slice(1));
  const ranks = words.map((word) => (/^rank\d+$/.test(word) ? Number(word.slice(4)) : -1));
  const inSpans = words.map((word) => spansWith(word));
  for (let rank = 0; rank < run.ranks; rank++) {
    for (let op = ops.first[rank]; op < ops.first[rank + 1]; op++) {
      const hit = words.every((_, i) => ranks[i] === rank || inLabels[i][ops.label[op]] || inSources[i][ops.source[op]] || inUnits[i][ops.unit[op]] || inSpans[i].some(([, first, n]) => op >= first && op < first + n));
      if (!hit) continue;
      found.n++;
      if (found.hits.length < MOST_HITS) found.hits.push(op);
    }
  }
}
// The run is another one.
function forgetHits() {
  found.query = null;
}
function spansWith(word) {
  const names = ops.names.map((name) => name.toLowerCase().includes(word));
  return ops.spans.filter(([name]) => names[name]).slice(0, 1000);
}

function drawSearch() {
  if (place.query !== found.query) search(place.query);
  if ($("query").value !== place.query) $("query").value = place.query;
  const pane = $("search");
  says(pane, { hits: found.n });
  if (!place.query) {
    const words = "Type words: all must be in an op's kind, shapes, source line, unit, span or rank. `rank3 exp` finds the exps of rank 3.";
    return pane.replaceChildren(element("p", { class: "empty", text: words }));
  }
  const shown = found.hits.length < found.n ? `, the first ${found.hits.length} of them here` : "";
  const list = found.hits.map((op, i) => {
    const made = element("tr", { class: i === found.at ? "picked marked" : "picked", on: { click: () => { found.at = i; goTo(op); } } },
      element("td", { class: "left", text: nameOf(op) }), element("td", { class: "left", text: labelOf(op) }),
      element("td", { text: cycles(ops.start[op]) }), element("td", { class: "left" }, element("code", { text: sourceOf(op) })));
    return made;
  });
  pane.replaceChildren(element("p", { class: "note", text: `${many(found.n, "op")}${shown}.` }), element("table", {}, element("tbody", {}, ...list)));
}

function nextHit(step) {
  if (found.hits.length === 0) return;
  found.at = (found.at + step + found.hits.length) % found.hits.length;
  goTo(found.hits[found.at]);
}

function makeSearch() {
  const field = $("query");
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      place.query = field.value;
      showTab("search");
      touch("query", "address");
    }, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") field.blur();
    if (event.key !== "Enter") return;
    clearTimeout(waiting);
    place.query = field.value;
    if (place.query !== found.query) search(place.query);
    nextHit(event.shiftKey ? -1 : 1);
    touch("query", "address");
  });
}
