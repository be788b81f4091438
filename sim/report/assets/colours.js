// Colours, by name. Work and data that moves are cool, waits are warm. Busy units are also full bars and waits thin
// ones, so nothing hangs on hue alone. Most hues are those of Okabe and Ito, with more light or less for the ground
// they stand on: each is told from it by 3 : 1, and text by 4.5 : 1.

const PALETTE = {
  light: {
    ground: "#ffffff", raised: "#f4f5f7", line: "#d5d9e0", text: "#1b2028", faint: "#667080", accent: "#c2185b", good: "#1a7f4b", bad: "#b3261e",
    busy: { sequencer: "#7b8698", gemm: "#0072b2", math: "#009e73", send: "#7a6fd0", recv: "#4b3f9e", dma: "#2f97d0" },
    stall: {
      operand: "#bd7d00", queue_full: "#7a5c00", message: "#d55e00", wait: "#b03a2e", semaphore: "#8c564b",
      barrier: "#5d4037", credit: "#a08c00", link: "#d6409f", memory: "#a0522d", commit: "#84831a", queue: "#ad7a2a",
      event: "#dd5533", tracked: "#6d4c41",
    },
    rest: "#c9ced6",
    mark: { only: "#7b1fa2", changed: "#c43e00", moved: "#00695c", rewired: "#667080", takes: "#1b2028", flight: "#8a5a00" },
    heat: [[238, 241, 245], [158, 202, 225], [49, 130, 189], [8, 48, 107]],
  },
  dark: {
    ground: "#12151a", raised: "#1b2027", line: "#333b46", text: "#e4e8ee", faint: "#98a3b3", accent: "#ff6fa5", good: "#4cc38a", bad: "#ff7b72",
    busy: { sequencer: "#77818f", gemm: "#3f9bdc", math: "#1fbf8f", send: "#a79cf5", recv: "#8272e0", dma: "#8fd3ff" },
    stall: {
      operand: "#f0a820", queue_full: "#b58900", message: "#f0702a", wait: "#e05a4c", semaphore: "#b07a6c",
      barrier: "#a1776a", credit: "#f0e442", link: "#f29ad8", memory: "#c8743f", commit: "#c0ca33", queue: "#d9a04a",
      event: "#ff8a70", tracked: "#a1887f",
    },
    rest: "#3a424e",
    mark: { only: "#d98cff", changed: "#ff9d5c", moved: "#4fd6c4", rewired: "#98a3b3", takes: "#e4e8ee", flight: "#ffd24a" },
    heat: [[34, 40, 49], [33, 84, 130], [63, 155, 220], [214, 238, 255]],
  },
};

const CATEGORY = {
  compute: "gemm", memory: "dma", message: "send", link: "link", credit: "credit", barrier: "barrier",
  semaphore: "semaphore", event: "event", issue: "sequencer",
};

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
let theme = prefersDark.matches ? "dark" : "light";
let colours = PALETTE[theme];

function setTheme(name) {
  theme = name;
  colours = PALETTE[name];
  document.documentElement.dataset.theme = name;
  activityColours = readActivityColours();
  activityColours.forEach(({ css }, activity) => document.documentElement.style.setProperty(`--activity-${activity}`, css));
  Object.entries(colours.mark).forEach(([mark, css]) => document.documentElement.style.setProperty(`--mark-${mark}`, css));
  touch("theme");
}

let activityColours = readActivityColours();

// By activity: its colour, and as red, green and blue.
function readActivityColours() {
  return lanes.activities.map(({ name }) => {
    const css = colours.busy[name] ?? colours.stall[name] ?? colours.rest;
    return { css, rgb: rgbOf(css) };
  });
}
function categoryColour(category) {
  const name = CATEGORY[category];
  return colours.busy[name] ?? colours.stall[name] ?? colours.rest;
}
function activityOfCategory(category) {
  return lanes.activities.findIndex(({ name }) => name === CATEGORY[category]);
}
function rgbOf(css) {
  return [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16));
}

// A share from 0 to 1 as a colour that grows steadily darker, or lighter on a dark ground.
function heat(share) {
  const stops = colours.heat;
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  const mixed = stops[low].map((from, i) => Math.round(from + (stops[low + 1][i] - from) * (at - low)));
  return `rgb(${mixed.join(",")})`;
}
// What can be read on a heat.
function onHeat(share) {
  return inkOn(heat(share).match(/\d+/g).map(Number));
}

// The ink of two that is told better from a ground.
const INKS = [[16, 20, 26], [255, 255, 255]];
function inkOn(rgb) {
  const [dark, light] = INKS.map((ink) => contrast(ink, rgb));
  return dark >= light ? "#10141a" : "#ffffff";
}
// As WCAG 2 has it: from 1 to 21.
function contrast(one, two) {
  const [a, b] = [one, two].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => (part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
