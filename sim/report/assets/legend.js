// The legend of the timeline: work, data that moves, and waits. A click on an entry leaves the others out.

// Units that compute; the others move data or issue.
const COMPUTES = ["gemm", "math"];
// What ranks wait for nearly always, because their ops are in order: shown when it is asked for.
const NOISE = "operand";

function isNoise(activity) {
  return lanes.activities[activity].name === NOISE && !place.operand && place.only !== activity;
}

// By activity: its share of all ranks' time; null of what only units do, which is seen in open ranks alone.
function sharesOfTime() {
  const totals = new Map();
  for (const lane of lanes.all) {
    if (lane.unit === 0) for (const [activity, sum] of lane.totals) totals.set(activity, (totals.get(activity) ?? 0) + sum);
  }
  for (const lane of lanes.all) {
    for (const [activity] of lane.totals) if (lanes.activities[activity].stall && !totals.has(activity)) totals.set(activity, null);
  }
  return totals;
}

function chipOf([activity, sum]) {
  const { name } = lanes.activities[activity];
  const share = sum === null ? "" : percent(sum, run.ranks * END);
  const act = () => {
    place.only = place.only === activity ? -1 : activity;
    touch("theme");
  };
  const title = sum === null ? `${name}: single units wait for it, in open ranks` : `${name}: ${share} of all ranks' time`;
  const made = element("button", { class: isNoise(activity) ? "chip off" : "chip", title, on: { click: act } },
    swatchOf(activity, activity >= BUSY), name, element("small", { text: share }));
  made.setAttribute("aria-pressed", String(place.only === activity));
  return made;
}

function groupOf(name, title, chips) {
  if (chips.length === 0) return [];
  return [element("span", { class: "group" }, element("b", { text: name, title }), ...chips)];
}

function noiseToggle() {
  const box = element("input", { type: "checkbox", id: "noise", on: { change: (event) => { place.operand = event.target.checked; touch("theme", "address"); } } });
  box.checked = place.operand;
  return element("label", { class: "toggle", title: "Waits for an earlier op of the same rank: nearly always there, because ops are in order" }, box, `${NOISE} waits`);
}

function drawLegend() {
  const totals = sharesOfTime();
  const entries = [...totals].sort(([a], [b]) => a - b);
  const isBusy = ([activity]) => activity < BUSY;
  const computes = ([activity]) => COMPUTES.includes(lanes.activities[activity].name);
  const waits = entries.filter(([activity]) => lanes.activities[activity].stall);
  const rest = entries.filter(([activity]) => activity >= BUSY && !lanes.activities[activity].stall).reduce((sum, [, n]) => sum + n, 0);
  const hasNoise = waits.some(([activity]) => lanes.activities[activity].name === NOISE);
  $("legend").replaceChildren(
    ...groupOf("work", "Full bars: a unit computes", entries.filter((it) => isBusy(it) && computes(it)).map(chipOf)),
    ...groupOf("moves data", "Full bars: a unit loads, stores, sends or receives, or ops are issued", entries.filter((it) => isBusy(it) && !computes(it)).map(chipOf)),
    ...groupOf("waits for", "Thin bars in warm colours: nothing is done", waits.map(chipOf)),
    ...groupOf("idle", "White: no op is left, or none has begun", [element("small", { text: percent(rest, run.ranks * END) })]),
    ...(hasNoise ? [noiseToggle()] : []));
  says($("legend"), { operand: place.operand, waits: waits.map(([activity]) => lanes.activities[activity].name).join(",") });
}
