// Elements of the page. Text goes in as text and nothing else.

const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") Object.entries(value).forEach(([event, act]) => made.addEventListener(event, act));
    else if (name === "style") Object.assign(made.style, value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// What a test, or a person with the inspector, can read of a pane.
function says(pane, facts) {
  for (const [name, value] of Object.entries(facts)) pane.dataset[name] = String(value);
}

function swatch(colour, thin = false) {
  return element("i", { class: thin ? "swatch thin" : "swatch", style: { background: colour } });
}

// In the colour of an activity, whatever the theme will be.
function swatchOf(activity, thin = false) {
  return swatch(`var(--activity-${activity})`, thin);
}

function opLink(op, text = nameOf(op), also = []) {
  return element("button", { class: "link", text, on: { click: () => goTo(op, also) } });
}

// A canvas sized for the screen, with a context that counts in CSS pixels.
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${FONT}`;
  context.textBaseline = "middle";
  return context;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

function showTip(lines, event) {
  const tip = $("tip");
  tip.replaceChildren(...lines.map((line) => element("div", { text: line })));
  tip.hidden = false;
  const { innerWidth, innerHeight } = window;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
}
function hideTip() {
  $("tip").hidden = true;
}

// A table whose columns sort it: `columns` are {title, value, text?, cell?, left?}. At most `most` rows are made.
function sortedTable(rows, columns, { by = 0, most = 300, ascending = false, pick, marked } = {}) {
  let [key, descending] = [by, !ascending];
  const table = element("table");
  const fill = () => {
    const value = columns[key].value;
    const sorted = [...rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = typeof x === "string" ? x.localeCompare(y) : x - y;
      return descending ? -order : order;
    });
    const head = element("tr", {}, ...columns.map((column, i) => headOf(column, i)));
    const body = sorted.slice(0, most).map((row) => rowOf(row));
    const rest = sorted.length > most ? [element("caption", { text: `${grouped(most)} of ${grouped(sorted.length)}; sort to see others` })] : [];
    table.replaceChildren(...rest, element("thead", {}, head), element("tbody", {}, ...body));
  };
  const headOf = (column, i) => {
    const sort = i === key ? (descending ? "descending" : "ascending") : "none";
    const act = () => {
      [key, descending] = [i, i === key ? !descending : typeof column.value(rows[0] ?? {}) !== "string"];
      fill();
    };
    const button = element("button", { text: column.title, on: { click: act } });
    return element("th", { "aria-sort": sort, class: column.left ? "left" : "", title: column.hint ?? "" }, button);
  };
  const rowOf = (row) => {
    const cells = columns.map((column) => {
      const cell = element("td", { class: column.left ? "left" : "" });
      cell.append(column.cell ? column.cell(row) : (column.text ?? String)(column.value(row)));
      return cell;
    });
    const attributes = pick ? { class: "picked", on: { click: () => pick(row) } } : {};
    const made = element("tr", attributes, ...cells);
    if (marked?.(row)) made.classList.add("marked");
    return made;
  };
  fill();
  return table;
}
