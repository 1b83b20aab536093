// Makes the form better; without this script it is whole. What is written stays in the browser until it is sent:
// the words that warn and suggest come here, the text does not go there.
"use strict";
const form = document.getElementById("report");
const field = (id) => document.getElementById(id);
const lang = form.dataset.lang;

function later(milliseconds, act) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

// ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

// As the pack's word lists are read on the server: case does not count, a word of Latin letters counts as a whole one.
function stands(word, text) {
  if (!text.includes(word)) return false;
  if (!/^[\x00-\x7f]*$/.test(word)) return true;
  const bare = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![a-z0-9])${bare}(?![a-z0-9])`).test(text);
}

function dangerous(written, recall) {
  let text = written.toLowerCase();
  for (const phrase of recall.unless) text = text.split(phrase).join("\n");
  return recall.sets.some((words) => words.every((word) => stands(word, text)));
}

function suggested(written, categories) {
  const text = written.toLowerCase();
  return categories
    .map(([code, name, words]) => [words.filter((word) => stands(word.toLowerCase(), text)).length, code, name])
    .filter(([count]) => count > 0)
    .sort((one, other) => other[0] - one[0])
    .slice(0, 3);
}

function written() {
  const parts = [field("title"), field("text"), ...form.querySelectorAll('[name^="answers."]:not([type="radio"])')];
  return parts.map((part) => part.value).join("\n");
}

function warn(words) {
  const shown = field("danger");
  const danger = dangerous(written(), words.danger) || words.grave.includes(field("category").value);
  if (danger && !shown.firstChild) {
    const line = document.createElement("p");
    line.className = "told danger";
    line.textContent = form.dataset.first;
    shown.append(line);
    line.scrollIntoView({ block: "nearest" });
  } else if (!danger) shown.replaceChildren();
}

function suggest(words) {
  const shown = field("hints");
  const found = field("category").value ? [] : suggested(written(), words.categories);
  const buttons = found.map(([, code, name]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      field("category").value = code;
      shown.hidden = true;
      field("category").focus();
      look();
    });
    return button;
  });
  const label = document.createElement("span");
  label.textContent = shown.dataset.label;
  shown.replaceChildren(...(found.length ? [label, ...buttons] : []));
  shown.hidden = !found.length;
  field("guess")?.remove();
}

fetch(`/report/words?lang=${lang}`)
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
  .then((words) => {
    const read = () => {
      warn(words);
      suggest(words);
    };
    form.addEventListener("input", later(250, read));
    read();
    form.dataset.words = "read";
  })
  .catch(() => {}); // the server warns and suggests, too

// ── what is open nearby ───────────────────────────────────────────────────────────────────────────────────────────────

let asked = 0;
async function nearby() {
  const told = new URLSearchParams({ lang });
  const body = new URLSearchParams();
  for (const name of ["category", "town", "address", "lon", "lat"]) body.set(name, field(name).value);
  const number = ++asked;
  const answer = await fetch(`/report/near?${told}`, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || number !== asked) return;
  const chosen = form.querySelector('[name="joins"]:checked')?.value;
  field("near").innerHTML = await answer.text(); // escaped by the server's templates
  const again = [...form.querySelectorAll('[name="joins"]')].find((one) => one.value === chosen);
  if (again) again.checked = true;
  field("seen").value = field("near").firstElementChild ? "1" : "";
  form.dataset.near = String(number);
}
const look = later(400, nearby);
for (const name of ["category", "town", "address", "lon", "lat"]) field(name).addEventListener("change", look);

// ── the point ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const map = field("map");
const svg = map.querySelector("svg");
const mark = svg.querySelector(".mark");
const whole = svg.viewBox.baseVal.width;
const [west, north, east, south] = ["west", "north", "east", "south"].map((name) => Number(map.dataset[name]));
const height = svg.viewBox.baseVal.height;
const view = { x: whole / 2, y: height / 2, width: whole };

function draw() {
  const tall = (view.width * height) / whole;
  svg.setAttribute("viewBox", [view.x - view.width / 2, view.y - tall / 2, view.width, tall].join(" "));
  const scale = view.width / whole;
  for (const town of svg.querySelectorAll(".town"))
    town.setAttribute("transform", `translate(${town.dataset.x} ${town.dataset.y}) scale(${scale}) translate(${-town.dataset.x} ${-town.dataset.y})`);
  const [lon, lat] = [Number(field("lon").value), Number(field("lat").value)];
  const there = field("lon").value !== "" && field("lat").value !== "" && Number.isFinite(lon) && Number.isFinite(lat);
  mark.toggleAttribute("hidden", !there);
  if (there) mark.setAttribute("transform", `translate(${(lon - west) * east} ${(north - lat) * south}) scale(${scale})`);
}

function put(x, y) {
  field("lon").value = (west + x / east).toFixed(5);
  field("lat").value = (north - y / south).toFixed(5);
  draw();
  look();
}

function zoom(factor) {
  view.width = Math.min(whole, Math.max(10, view.width * factor)); // from the whole city to a kilometre
  if (view.width === whole) Object.assign(view, { x: whole / 2, y: height / 2 });
  else if (!mark.hasAttribute("hidden")) centre();
  draw();
}

function centre() {
  view.x = (Number(field("lon").value) - west) * east;
  view.y = (north - Number(field("lat").value)) * south;
}

svg.addEventListener("click", (event) => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  put(at.x, at.y);
});
svg.addEventListener("keydown", (event) => {
  const step = view.width / 40;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key === "+" || event.key === "=") zoom(0.5);
  else if (event.key === "-") zoom(2);
  else if (moves[event.key]) {
    if (mark.hasAttribute("hidden")) put(view.x, view.y);
    centre();
    const [right, down] = moves[event.key];
    put(view.x + right, view.y + down);
    centre();
    draw();
  } else return;
  event.preventDefault();
});
for (const button of map.querySelectorAll("[data-zoom]"))
  button.addEventListener("click", () => zoom(Number(button.dataset.zoom)));
for (const name of ["lon", "lat"]) field(name).addEventListener("change", draw);
function turn() {
  const town = svg.querySelector(`[data-town="${CSS.escape(field("town").value)}"]`);
  if (town) Object.assign(view, { x: Number(town.dataset.x), y: Number(town.dataset.y), width: 100 }); // ten kilometres
  draw();
}
field("town").addEventListener("change", turn);
map.hidden = false;
turn();

if (navigator.geolocation && window.isSecureContext) {
  const button = field("locate");
  const said = field("located");
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const [x, y] = [(coords.longitude - west) * east, (north - coords.latitude) * south];
        if (x < 0 || y < 0 || x > whole || y > height) {
          said.textContent = said.dataset.outside;
          return;
        }
        view.width = 20;
        put(x, y);
        centre();
        draw();
        field("point").open = true;
        said.textContent = said.dataset.found.replace("{n}", String(Math.round(coords.accuracy)));
      },
      () => { said.textContent = said.dataset.lost; },
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
}

// ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────────────

form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault(); // it is on its way: the same key would count once anyway
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => { delete form.dataset.sent; }); // back from the next page
