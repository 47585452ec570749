// The submit form: another model's options, a look at chosen files, the script's own settings and the curl line, all
// without a reload; upload progress. Without this script the form works the same, with buttons and reloads.

import { fetchPage, takeElement } from "./page.js";
import { listenToDrops } from "./drop.js";
import { sendForm } from "./upload.js";

const FILES = ["model_file", "weights"];
const form = () => document.getElementById("submit-form");
const byId = (id) => document.getElementById(id);
const zone = (name) => byId(`drop-${name}`);
const isShown = (element) => Boolean(element?.offsetParent);
// As much of a report as anybody listens to.
const SAID_MAXIMUM = 400;
let looking = null;

function listen() {
  byId("show-model").hidden = true;
  form().addEventListener("input", showCurl);
  form().addEventListener("change", onChange);
  form().addEventListener("keydown", keepEnter);
  form().addEventListener("click", onClick);
  form().addEventListener("submit", send);
  listenToDrops(form());
}

function onChange({ target }) {
  showCurl();
  if (target.id === "f-model") reshow("/submit/model", ["model", "training"], "f-model").then(look);
  else if (target.type === "file") choose(target);
  else if (/^(class_name|arguments|option\..*)$/.test(target.name)) look();
}

function onClick(event) {
  if (event.target.id !== "use-suggestions") return;
  event.preventDefault();
  reshow("/submit/suggestions", ["check", "training"], "f-epochs");
}

// Enter in a field must not submit a form that is half filled in.
function keepEnter(event) {
  if (event.key === "Enter" && event.target.matches("input:not([type=file])")) event.preventDefault();
}

// The form again as the server makes it, without its files; these parts of it are taken.
async function reshow(path, parts, focus) {
  const fields = new FormData(form());
  for (const name of FILES) fields.delete(name);
  const page = await fetchPage(path, { method: "POST", body: new URLSearchParams(fields) });
  if (!page.ok) return form().submit();
  const elements = form().elements;
  const kind = elements.kind.value;
  const network = elements.network.value;
  keepFiles(() => parts.forEach((id) => takeElement(id, page.document)));
  elements.kind.value = kind;
  elements.network.value = network;
  elements.shown_model.value = page.document.querySelector("[name=shown_model]").value;
  elements.title.placeholder = page.document.querySelector("[name=title]").placeholder;
  byId("show-model").hidden = true;
  byId(focus)?.focus();
  showCurl();
}

// A new file field is empty; where the page has not kept the file, the old field with its file goes on.
function keepFiles(change) {
  const old = FILES.map((name) => byId(`f-${name}`));
  change();
  for (const [i, name] of FILES.entries()) {
    const fresh = byId(`f-${name}`);
    if (fresh === old[i] || !old[i].files.length || fresh.hasAttribute("aria-invalid")) continue;
    if (!zone(name).querySelector(".file")) fresh.replaceWith(old[i]);
  }
  FILES.forEach(showChosen);
}

function showChosen(name) {
  zone(name).querySelector(".chosen").textContent = byId(`f-${name}`).files[0]?.name ?? "";
}

function showCurl() {
  const elements = form().elements;
  const isTest = elements.kind.value === "evaluate";
  const isFile = elements.kind.value === "code" || (isTest && elements.network.value === "file");
  const given = isTest ? [["kind", "evaluate"]] : [];
  if (isFile) {
    const of = byId("f-model_file").files.length ? null : zone("model_file").querySelector(".file")?.dataset.of;
    given.push(of ? ["model_file_of", of] : ["model_file", `@${fileName("model_file") || "net.py"}`]);
    for (const name of ["class_name", "arguments"]) {
      if (elements[name]?.value) given.push([name, elements[name].value]);
    }
  } else given.push(["model", elements.model.value]);
  const isWhole = isFile && !isSource(fileName("model_file") || "net.py");
  if (isTest && !isWhole) given.push(["weights", `@${fileName("weights") || "weights.safetensors"}`]);
  for (const field of form().querySelectorAll("[data-default]")) {
    const isOption = field.name.startsWith("option.");
    if (!(isFile && isOption) && field.value !== field.dataset.default) given.push([field.name, field.value]);
  }
  for (const box of form().querySelectorAll("input[type=checkbox][name]:checked")) given.push([box.name, "true"]);
  if (elements.title.value) given.push(["title", elements.title.value]);
  if (elements.parent) given.push(["parent", elements.parent.value]);
  showChanges();
  byId("curl-fields").textContent = given.map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`).join(" \\\n  ");
}

// Of a fork: what each changed field was, and how many are changed.
function showChanges() {
  const marks = [...form().querySelectorAll(".was")];
  for (const mark of marks) {
    const field = mark.parentElement.querySelector("[name]");
    const value = field.type === "checkbox" && !field.checked ? "" : field.value;
    mark.hidden = value === mark.dataset.was;
  }
  const sentence = byId("changed");
  const count = marks.filter((mark) => !mark.hidden).length;
  if (sentence) sentence.hidden = count < 2;
  if (sentence) sentence.textContent = sentence.dataset.text.replace("#", count);
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

// Chosen now, or kept from the last look.
function fileName(name) {
  return byId(`f-${name}`).files[0]?.name ?? zone(name).querySelector(".file b")?.textContent ?? "";
}

function isSource(name) {
  return /\.(py|ipynb)$/i.test(name);
}

function choose(input) {
  showChosen(input.name);
  if (fits(input)) look();
}

function fits(input) {
  const isTooLarge = [...input.files].some((file) => file.size > Number(form().dataset.limit));
  tell(isTooLarge ? byId("upload-problem").dataset.tooLarge : "");
  return !isTooLarge;
}

function tell(sentence) {
  byId("upload-problem").textContent = sentence;
  byId("upload-problem").hidden = !sentence;
}

// Whether all is there that a look needs.
function isReady() {
  if (isShown(zone("model_file")) && !fileName("model_file")) return false;
  const needsWeights = isShown(zone("weights")) && (!isShown(zone("model_file")) || isSource(fileName("model_file")));
  return isShown(byId("files")) && !(needsWeights && !fileName("weights"));
}

// Has the server look at the files, and takes what it says of them.
async function look() {
  if (!isReady()) return;
  looking?.cancel();
  const upload = (looking = sendForm(form(), showProgress, "/submit/check", lighten));
  setBusy(true);
  byId("check").textContent = byId("check").dataset.checking;
  sayCheck();
  try {
    const answer = await upload.done;
    if (answer && looking === upload) showLook(answer);
    else if (!answer) byId("check").textContent = "";
  } catch {
    tell(byId("upload-problem").dataset.failed);
    byId("check").textContent = "";
  }
  if (looking === upload) {
    looking = null;
    setBusy(false);
  }
}

// What has an ending that nobody takes is refused by its name: its content need not travel.
function lighten(fields) {
  for (const name of FILES) {
    const file = byId(`f-${name}`).files[0];
    const suffixes = zone(name).dataset.suffixes.split(" ");
    if (file && !suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix))) {
      fields.set(name, new File([], file.name));
    }
  }
}

function setBusy(isBusy) {
  byId("files").classList.toggle("busy", isBusy);
  byId("upload").hidden = !isBusy;
  byId("upload-cancel").onclick = looking?.cancel ?? null;
}

function showLook(answer) {
  const page = new DOMParser().parseFromString(answer.text, "text/html");
  if (!page.getElementById("files")) return refuseLook(answer, page);
  if (page.querySelector(".errs") && !page.querySelector("#files .er[id$=-error]")) return showAnswer(answer);
  const focused = document.activeElement?.id;
  keepFiles(() => takeElement("files", page));
  sayCheck();
  if (focused) byId(focused)?.focus();
  showCurl();
}

// An answer that is no form, such as after signing out in another window: what was typed stays.
function refuseLook(answer, page) {
  const isOurs = new URL(answer.url).pathname === "/submit/check";
  byId("check").textContent = "";
  tell((isOurs && page.querySelector("main p")?.textContent) || byId("upload-problem").dataset.failed);
}

// A part that is replaced is not read out; this one stays.
function sayCheck() {
  const said = document.querySelector("#files .er[id$=-error]") ?? byId("check");
  byId("check-said").textContent = said.innerText.slice(0, SAID_MAXIMUM);
}

async function send(event) {
  if (event.submitter?.id === "show-model") return;
  event.preventDefault();
  if (event.submitter?.id === "check-button") return look();
  if (!FILES.every((name) => !isShown(zone(name)) || fits(byId(`f-${name}`)))) return;
  looking?.cancel();
  const button = byId("submit-button");
  button.disabled = true;
  const upload = sendForm(form(), showProgress, form().action, lighten);
  byId("upload-cancel").onclick = upload.cancel;
  byId("upload").hidden = !FILES.some((name) => byId(`f-${name}`).files.length);
  try {
    const answer = await upload.done;
    if (answer) return await showAnswer(answer);
  } catch {
    tell(byId("upload-problem").dataset.failed);
  }
  byId("upload").hidden = true;
  button.disabled = false;
}

function showProgress(share) {
  const percent = Math.floor(share * 100);
  byId("upload-percent").textContent = `${percent}%`;
  const bar = document.querySelector("#upload .bar");
  bar.setAttribute("aria-valuenow", percent);
  bar.firstElementChild.style.width = `${percent}%`;
}

function showAnswer(answer) {
  if (!new URL(answer.url).pathname.startsWith("/submit")) {
    location.assign(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(answer.text, "text/html");
  keepFiles(() => takeElement("main", page));
  listen();
  document.querySelector(".errs")?.focus();
}

listen();
