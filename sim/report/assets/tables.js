// Tables: source lines, spans and ranks.

function fillTables() {
  fillTallies("lines", model.lines.lines, "source line");
  fillTallies("spans", model.lines.spans, "span");
  fillRanks();
}

// What all names begin with, up to a folder: it tells nothing.
function commonFolder(names) {
  const first = names[0] ?? "";
  const length = names.reduce((n, name) => { while (n > 0 && !name.startsWith(first.slice(0, n))) n--; return n; }, first.length);
  return first.slice(0, first.lastIndexOf("/", length - 1) + 1).length;
}

function fillTallies(id, rows, title) {
  const pane = $(id);
  const { total: all } = model.lines;
  says(pane, { rows: rows.length, ops: rows.reduce((sum, row) => sum + row.ops, 0), time: total(rows.map((row) => row.time)), stalled: total(rows.map((row) => row.stalled)), allStalled: all.stalled });
  if (rows.length === 0) return pane.replaceChildren(element("p", { class: "empty", text: "The program names no parts. In `tl`, `tl.span(\"name\", …)` does." }));
  const folder = id === "lines" ? commonFolder(rows.map((row) => row.name)) : 0;
  const share = (ticks, whole) => (ticks ? percent(ticks, whole) : "–");
  const worst = (row) => Object.entries(row.reasons).sort(([, a], [, b]) => b - a)[0];
  const cellOf = (row) => {
    const [activity] = worst(row) ?? [];
    const cell = element("span", { title: Object.entries(row.reasons).map(([activity, ticks]) => `${lanes.activities[activity].name} ${both(ticks)}`).join("\n") });
    cell.append(share(row.stalled, all.stalled), ...(activity ? [" ", swatchOf(activity, true), lanes.activities[activity].name] : []));
    return cell;
  };
  pane.replaceChildren(sortedTable(rows, [
    { title, left: true, value: (row) => row.name ?? "", cell: (row) => element("code", { text: row.name.slice(folder), title: row.name }) },
    { title: "ops", value: (row) => row.ops, text: grouped },
    { title: "time", hint: "From start to end, added up over ops; of that of all ops", value: (row) => row.time, cell: (row) => element("span", { text: share(row.time, all.time), title: both(row.time) }) },
    { title: "stalls", hint: "Recorded waits of its ops; of those of all ops", value: (row) => row.stalled, cell: cellOf },
    { title: "critical", hint: "Its share of the critical path, and its stretches there", value: (row) => row.critical, cell: (row) => element("span", { text: share(row.critical, END), title: `${both(row.critical)} in ${many(row.stretches, "stretch", "stretches")}` }) },
  ], { by: 2, pick: (row) => goTo(row.first) }));
}

function fillRanks() {
  const pane = $("ranks");
  const rows = Array.from({ length: run.ranks }, (_, rank) => {
    const of = {};
    for (let unit = 1; unit < lanes.units.length; unit++) {
      const kind = lanes.units[unit].replace(/\d+$/, "");
      for (const [activity, sum] of laneOf(rank, unit).totals) if (activity < BUSY) of[kind] = (of[kind] ?? 0) + sum;
    }
    const held = laneOf(rank, 1).totals.filter(([activity]) => lanes.activities[activity].stall).reduce((sum, [, n]) => sum + n, 0);
    return { rank, of, held, ops: ops.first[rank + 1] - ops.first[rank], peak: memory.ranks[rank].peak };
  });
  const kinds = [...new Set(rows.flatMap((row) => Object.keys(row.of)))];
  const busy = (kind) => ({ title: kind, hint: `Time that its ${kind} units were busy`, value: (row) => row.of?.[kind] ?? 0, text: (ticks) => (ticks ? percent(ticks, END) : "–") });
  pane.replaceChildren(sortedTable(rows, [
    { title: "rank", value: (row) => row.rank },
    { title: "ops", value: (row) => row.ops, text: grouped },
    ...kinds.map(busy),
    { title: "held", hint: "Time that its sequencer was held", value: (row) => row.held, text: (ticks) => percent(ticks, END) },
    { title: "peak", hint: "Most TCM in use", value: (row) => row.peak, text: bytes },
  ], { by: 0, ascending: true, most: 1024, pick: (row) => { place.rank = row.rank; place.open.add(row.rank); touch("rows", "op", "address"); } }));
  const all = Object.fromEntries(kinds.map((kind) => [`busy-${kind}`, total(rows.map((row) => row.of[kind] ?? 0))]));
  for (const [name, sum] of Object.entries(all)) pane.setAttribute(`data-${name}`, sum);
}
