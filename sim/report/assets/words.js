// Numbers and times in words.

function grouped(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// Femtoseconds and name of the unit in which a time is said.
function unitOf(fs) {
  const steps = [[1e15, "s"], [1e12, "ms"], [1e9, "µs"], [1e6, "ns"], [1e3, "ps"], [1, "fs"]];
  return steps.find(([size]) => Math.abs(fs) >= size) || [1, "fs"];
}
function femtoseconds(fs) {
  const [size, unit] = unitOf(fs);
  return `${Number((fs / size).toPrecision(4))} ${unit}`;
}
function time(ticks) {
  return femtoseconds(ticks * run.tick_fs);
}
// Rounded up, as the command line does: then a time has one number of cycles wherever it is read.
function inCycles(ticks) {
  return grouped(Math.ceil((ticks * run.tick_fs) / run.cycle_fs));
}
function cycles(ticks) {
  const count = inCycles(ticks);
  return count === "1" ? "1 cycle" : `${count} cycles`;
}
function both(ticks) {
  return `${cycles(ticks)} (${time(ticks)})`;
}

// A difference, with its sign.
function signed(text, number) {
  return `${number > 0 ? "+" : number < 0 ? "−" : "±"}${text(Math.abs(number))}`;
}
function signedTime(fs) {
  return fs === 0 ? "the same" : signed(femtoseconds, fs);
}

function bytes(count, places = 1) {
  const steps = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
  const [size, unit] = steps.find(([size]) => count >= size) || [1, "B"];
  return `${Number((count / size).toFixed(places))} ${unit}`;
}

// Operations or bytes by thousands.
function amount(count, unit) {
  const [size, prefix] = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([size]) => count >= size) ?? [1, ""];
  return `${Number((count / size).toPrecision(4))} ${prefix}${unit}`;
}

function percent(part, whole) {
  if (!whole) return "0\u00a0%";
  const share = (100 * part) / whole;
  return share > 0 && share < 0.05 ? "<\u00a00.1\u00a0%" : `${share.toFixed(1)}\u00a0%`;
}

function many(count, one, several = `${one}s`) {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}

// A step of 1, 2 or 5 times a power of ten of which at most `most` lie in `length`.
function roundStep(length, most) {
  const least = length / most;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least);
}
