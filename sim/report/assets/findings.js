// Findings, each with a way to its ops; and the verdict.

function fillFindings() {
  const pane = $("findings");
  const { findings } = model;
  $("tab-findings").textContent = findings.length ? `Findings (${findings.length})` : "Findings";
  $("tab-findings").classList.toggle("alarm", findings.length > 0 || model.wrong !== null);
  says(pane, { findings: findings.length, wrong: model.wrong !== null, kinds: findings.map((finding) => finding.kind).join(",") });
  const scope = run.computed ? "" : " Values were not computed for this page: `kernmesh run --report` also shows what is wrong with them.";
  const none = model.wrong ? "Beside the values nothing is wrong: no race, no leak, no wait without effect" : "Nothing is wrong that can be seen without values: no race, no leak, no wait without effect";
  const cards = [...(model.wrong ? [wrongCard()] : []), ...findings.map(cardOf)];
  const note = element("p", { class: cards.length ? "note" : "empty", text: `${findings.length ? many(findings.length, "finding") : none}.${scope}` });
  pane.replaceChildren(...(model.wrong ? [cards.shift()] : []), note, ...cards);
}

function cardOf(finding) {
  const line = (name, ...what) => [element("dt", { text: name }), element("dd", {}, ...what)];
  const all = finding.ops.map((at) => ops.first[at.rank] + at.index);
  const ends = finding.ops.flatMap((at, i) => {
    const op = all[i];
    const words = opWords(at);
    const link = ops.shown ? opLink(op, words, all.filter((other) => other !== op)) : words;
    return line("op", link, at.source ? element("code", { text: ` ${at.source}` }) : "");
  });
  const harm = { true: "the values differed", false: "the values agreed by chance" }[finding.value_differed];
  const more = [["where", finding.where], ["bytes", finding.bytes && `${finding.bytes[0]} to ${finding.bytes[1]}`], ["missing", finding.missing], ["repair", finding.repair], ["this run", harm]];
  return element("div", { class: "card" }, element("h2", { text: finding.kind }), element("p", { text: finding.message }),
    element("dl", {}, ...ends, ...more.filter(([, what]) => what).flatMap(([name, what]) => line(name, what))));
}
