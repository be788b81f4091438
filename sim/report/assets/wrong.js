// Values that are wrong, in the words of the command line, with links to the ops that wrote them.

// The words are those of the page's data: none of them is made here.
function saidOf({ label, text, part }) {
  const writer = part === null ? null : model.wrong.writers[part];
  const kind = { FAIL: "bad", PASS: "good", perhaps: "perhaps" }[label] ?? "";
  return [element("dt", { class: kind, text: label }), element("dd", { class: kind, text }, ...(writer ? ["\u2003", writtenBy(writer)] : []))];
}

// The op that wrote the worst element of a part, and its line.
function writtenBy({ op, source, text }) {
  const link = ops.shown ? opLink(op) : nameOf(op);
  return element("span", { class: "writer" }, link, " ", element("code", { text: text ?? source, title: text ? `${source}  ${text}` : source }));
}

function saidRows(rows) {
  return element("dl", { class: "said" }, ...rows.flatMap(saidOf));
}

// A page that is made of a log has the verdict alone.
function causesOfWrong() {
  const { causes } = model.wrong;
  if (causes.length) return saidRows(causes);
  return element("p", { class: "faint", text: "Which inputs the wrong elements are made of is not stored beside a log: `kernmesh run --report` shows it." });
}

// What a run that fails by its values is told by first.
function wrongBlocks() {
  const { judged } = model.wrong;
  const { length } = model.findings;
  const findings = length ? [element("p", {}, element("button", { class: "link bad", text: `${many(length, "finding")} too`, on: { click: () => showTab("findings") } }))] : [];
  const head = element("p", { class: "answer bad" }, "Wrong values", element("small", { text: ` in ${run.verdict.output}` }));
  return [
    blockOf("wrong", "Is it right?", head, ...findings, saidRows(judged)),
    blockOf("causes", "Where is it wrong, and why?", causesOfWrong()),
  ];
}

// For the pane of findings: that values are wrong, and where to look.
function wrongCard() {
  const worst = model.wrong.judged.filter(({ label }) => ["FAIL", "worst"].includes(label));
  const parts = model.wrong.causes.filter(({ part }) => part !== null);
  const look = element("button", { class: "link", text: parts.length ? "The summary has why" : "The summary has more", on: { click: showSummary } });
  return element("div", { class: "card wrong" }, element("h2", { text: "wrong values" }), saidRows([...worst, ...parts]), element("p", {}, look));
}

function showSummary() {
  if ($("summary").hidden) switchSummary();
  $("summary").scrollTop = 0;
}
