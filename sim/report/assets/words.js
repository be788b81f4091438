// Numbers and times in words.

function grouped(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function femtoseconds(fs) {
  const steps = [[1e15, "s"], [1e12, "ms"], [1e9, "µs"], [1e6, "ns"], [1e3, "ps"], [1, "fs"]];
  const [size, unit] = steps.find(([size]) => Math.abs(fs) >= size) || [1, "fs"];
  return `${Number((fs / size).toPrecision(4))} ${unit}`;
}
function time(ticks) {
  return femtoseconds(ticks * run.tick_fs);
}
function inCycles(ticks) {
  const count = (ticks * run.tick_fs) / run.cycle_fs;
  return Number.isInteger(count) || count >= 1000 ? grouped(count) : count.toFixed(1);
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

function bytes(count) {
  const steps = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
  const [size, unit] = steps.find(([size]) => count >= size) || [1, "B"];
  return `${Number((count / size).toFixed(1))} ${unit}`;
}

function percent(part, whole) {
  if (!whole) return "0 %";
  const share = (100 * part) / whole;
  return share > 0 && share < 0.05 ? "< 0.1 %" : `${share.toFixed(1)} %`;
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
