// Puts the page together.

// As on the command line: a run with findings has failed, even if its intended values are right.
function judgement(verdict) {
  if (verdict === false) return ["FAIL wrong values", "bad", run.verdict.rule];
  if (model.findings.length) return ["FAIL", "bad", verdict === null ? "It has findings" : `It has findings; its intended values are right: ${run.verdict.rule}`];
  if (verdict === null) return ["not judged", "", "No values were judged"];
  const { sample } = run.verdict;
  return sample ? [`PASS of ${grouped(sample.rows)} rows`, "good", `${run.verdict.rule}; ${sampled(sample)}`] : ["PASS", "good", run.verdict.rule];
}

function sampled({ rows, of, seed }) {
  return `${grouped(rows)} of ${grouped(of)} rows, drawn with seed ${seed}: a wrong value in another row is not seen`;
}

// Beside wrong values no findings are no good news.
function findingsChip() {
  const { length } = model.findings;
  if (length) return [many(length, "finding"), "bad", "See the pane of findings"];
  const scope = run.computed ? "" : "Of what can be seen without values";
  return model.wrong ? ["no other findings", "", scope] : ["no findings", "good", scope];
}

function fillHead() {
  $("title").textContent = `${run.kernel} · ${many(run.ranks, "rank")} on ${run.machine}`;
  const verdict = run.verdict === null ? null : run.verdict.pass;
  const chips = [
    judgement(verdict),
    findingsChip(),
    ...(other ? makespanChips() : [[both(END), "", "Makespan"]]),
    [many(run.ops, "op"), "", lanes.shown ? "" : "Too many to show one by one: levels of detail alone"],
  ];
  if (!lanes.shown) chips.push(["no single ops", "bad", "The run has too many intervals: the page has levels of detail alone"]);
  $("facts").replaceChildren(...chips.map(([text, kind, title]) => element("span", { class: `fact ${kind}`, text, title })));
  says($("facts"), {
    kernel: run.kernel, ranks: run.ranks, ops: run.ops, makespanFs: run.makespan_fs, structure: run.structure, timing: run.timing,
    data: run.data ?? "", verdict: verdict === null ? "none" : verdict ? "pass" : "fail", intervals: model.lanes.n_intervals,
  });
}

// What the run was, for who wants to have it again.
function fillAbout() {
  const { verdict } = run;
  const params = Object.entries(run.params).map(([key, value]) => [key, value]);
  const judged = model.wrong ? [["intended values", "wrong"], ...model.wrong.judged.map(({ label, text }) => [label, text])] : verdict && [["intended values", "right"], ...(verdict.sample ? [["judged", sampled(verdict.sample)]] : []), ["rule", verdict.rule], ["largest error", String(verdict.max_abs)], ["relative error", `${verdict.rel_l2} (ℓ²)`]];
  const facts = [
    ["kernel", run.kernel], ...params.filter(([key]) => key !== "ranks"), ["machine", `${run.machine}, ${run.sync}`], ["ranks", run.ranks], ["seed", run.seed],
    ["ops", grouped(run.ops)], ["makespan", `${both(END)}, ${grouped(run.makespan_fs)} fs`], ...(judged ?? [["verdict", "not judged"]]),
    ["structure", run.structure], ["timing", run.timing], ["values", run.data ?? "not computed"],
    ["shown", `${many(model.lanes.n_intervals, "interval")}${lanes.shown ? "" : ", in pieces of time alone"}; times in steps of ${femtoseconds(run.tick_fs)}`],
    ["written by", run.writer],
  ];
  $("about").replaceChildren(element("dl", {}, ...facts.flatMap(([name, what]) => [element("dt", { text: name }), element("dd", { text: String(what) })])));
}

// The border between timeline and panes can be moved.
function makeDivider() {
  const [divider, main] = [$("divider"), document.querySelector("main")];
  divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1) return;
    const box = main.getBoundingClientRect();
    const share = Math.min(0.85, Math.max(0.15, (event.clientY - box.top) / box.height));
    $("timeline").style.flex = `${share} 1 0`;
    $("panes").style.flex = `${1 - share} 1 0`;
    touch("rows", "size");
  });
}

function makeTools() {
  $("fit").addEventListener("click", fitAll);
  $("to-selection").addEventListener("click", goToSelected);
  $("expand").addEventListener("click", openAll);
  $("theme").addEventListener("click", otherTheme);
  $("brief").addEventListener("click", switchSummary);
  $("help").addEventListener("click", () => $("keys").showModal());
  const keys = element("table", {}, ...KEYS.map(([key, what]) => element("tr", {}, element("td", {}, element("kbd", { text: key })), element("td", { class: "left", text: what }))));
  const mouse = [
    ["wheel", "zoom at the pointer"], ["drag", "move"], ["Shift + drag", "select a range of time"], ["Shift + wheel", "move in time"],
    ["Alt + wheel", "scroll rows"], ["Ctrl + wheel", "taller and flatter rows"], ["click", "select an op; on a rank's name, show its units"],
  ];
  const pointer = element("table", {}, ...mouse.map(([key, what]) => element("tr", {}, element("td", {}, element("kbd", { text: key })), element("td", { class: "left", text: what }))));
  const licence = element("details", {}, element("summary", { text: "Charts by uPlot 1.6.32 (MIT)" }), element("pre", { text: $("licence").textContent }));
  const close = element("button", { text: "Close", on: { click: () => $("keys").close() } });
  const about = element("p", { class: "note", text: "Busy units are full bars in cool colours, waits are thin ones in the warm colour of their reason. Waits for operands are left out until they are asked for. Where a pixel is many intervals, heights are shares of its time. The address of the page keeps view, cursor and selection: copy it to show somebody what you see." });
  $("keys").append(element("h2", { text: "Keys and pointer" }), element("div", { class: "two" }, keys, pointer), about, licence, close);
}

// What the panes say of the run that is shown.
function fillPanes() {
  fillHead();
  fillAbout();
  fillMesh();
  fillRings();
  fillMemory();
  fillWork();
  fillFindings();
  fillTables();
  fillCritical();
  fillSummary();
  forgetHits();
  fillSides();
}

function start() {
  makeTools();
  makeDivider();
  makeChanges();
  makeTabs();
  makeMesh();
  makeRings();
  makeMemory();
  makeSearch();
  fillPanes();
  if (run.ranks <= 16 && ops.shown) place.open.add(0);
  if (other) showTab("changes");
  else if (model.findings.length > 0 || model.wrong) showTab("findings");
  when("rows", layOut);
  when("theme", drawLegend);
  when("theme", () => { ringChart.renew(); memoryChart.renew(); $("theme").textContent = theme === "light" ? "Dark" : "Light"; });
  when("view rows op cursor scroll theme size range", drawTimeline);
  when("mesh cursor op theme tabs size", drawMesh);
  when("view ring op theme tabs size", drawRings);
  when("view op theme tabs size", drawMemory);
  when("cursor", () => { tellRing(); tellMemory(); if (isShown("rings")) ringChart.mark(); if (isShown("memory")) memoryChart.mark(); });
  when("theme tabs size", drawWork);
  when("op theme", drawSelection);
  when("range view tabs theme", drawRangePane);
  when("query", drawSearch);
  makeGestures();
  setTheme(theme);
  goToAddress();
  prefersDark.addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
  window.addEventListener("hashchange", goToAddress);
  document.addEventListener("keydown", press);
  const observer = new ResizeObserver(() => touch("rows", "size"));
  [$("rows"), $("panes"), meshBox, ringBox, memoryBox, roofBox].forEach((box) => observer.observe(box));
  touch("rows", "size");
  says(document.body, { ready: "yes" });
}

window.addEventListener("error", (event) => {
  $("failed").hidden = false;
  $("failed").textContent = `The report could not be drawn: ${event.message}`;
});
start();
