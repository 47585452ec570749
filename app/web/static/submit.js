// The submit form: another model's options without a reload, the curl line as one types, upload progress.
// Without this script the form works the same, with a button and a reload.

import { fetchPage, takeElement } from "./page.js";
import { sendForm } from "./upload.js";

const form = () => document.getElementById("submit-form");
const byId = (id) => document.getElementById(id);

function listen() {
  byId("show-model").hidden = true;
  byId("f-model").addEventListener("change", showModel);
  form().addEventListener("input", showCurl);
  form().addEventListener("change", showCurl);
  form().addEventListener("keydown", keepEnter);
  form().addEventListener("submit", send);
  byId("f-weights").addEventListener("change", checkSize);
}

// Enter in a field must not submit a form that is half filled in.
function keepEnter(event) {
  if (event.key === "Enter" && event.target.matches("input:not([type=file])")) event.preventDefault();
}

async function showModel() {
  const fields = new FormData(form());
  fields.delete("weights");
  const page = await fetchPage("/submit/model", { method: "POST", body: new URLSearchParams(fields) });
  if (!page.ok) return form().submit();
  const file = byId("f-weights");
  for (const id of ["model", "training"]) takeElement(id, page.document);
  const shown = page.document.querySelector("[name=shown_model]");
  form().elements.shown_model.value = shown.value;
  form().elements.title.placeholder = page.document.querySelector("[name=title]").placeholder;
  // A new file field would be empty.
  byId("f-weights").replaceWith(file);
  byId("show-model").hidden = true;
  byId("f-model").addEventListener("change", showModel);
  byId("f-model").focus();
  showCurl();
}

function showCurl() {
  const elements = form().elements;
  const isTest = elements.kind.value === "evaluate";
  const given = isTest ? [["kind", "evaluate"]] : [];
  given.push(["model", elements.model.value]);
  if (isTest) given.push(["weights", "@weights.safetensors"]);
  for (const field of form().querySelectorAll("[data-default]")) {
    if (field.value !== field.dataset.default) given.push([field.name, field.value]);
  }
  for (const box of form().querySelectorAll("input[type=checkbox][name]:checked")) given.push([box.name, "true"]);
  if (elements.title.value) given.push(["title", elements.title.value]);
  byId("curl-fields").textContent = given.map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`).join(" \\\n  ");
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function checkSize() {
  const file = byId("f-weights").files[0];
  const isTooLarge = Boolean(file) && file.size > Number(form().dataset.limit);
  tell(isTooLarge ? byId("upload-problem").dataset.tooLarge : "");
  return !isTooLarge;
}

function tell(sentence) {
  byId("upload-problem").textContent = sentence;
  byId("upload-problem").hidden = !sentence;
}

async function send(event) {
  if (event.submitter?.id === "show-model") return;
  event.preventDefault();
  if (form().elements.kind.value === "evaluate" && !checkSize()) return;
  const button = byId("submit-button");
  button.disabled = true;
  const upload = sendForm(form(), showProgress);
  byId("upload-cancel").onclick = upload.cancel;
  byId("upload").hidden = !byId("f-weights").files.length;
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
  if (new URL(answer.url).pathname !== "/submit") {
    location.assign(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(answer.text, "text/html");
  const file = byId("f-weights");
  takeElement("main", page);
  byId("f-weights").replaceWith(keepMarks(file, byId("f-weights")));
  listen();
  document.querySelector(".errs")?.focus();
}

// The old file field still has its file; the new one knows what was wrong with it.
function keepMarks(old, fresh) {
  for (const name of ["class", "aria-invalid", "aria-describedby"]) {
    if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    else old.removeAttribute(name);
  }
  return old;
}

listen();
