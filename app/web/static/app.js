// What every page has: the theme button without a reload, and showing a password.

function onThemeSubmit(event) {
  event.preventDefault();
  const form = event.currentTarget;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" })
    .then((response) => response.text())
    .then((text) => applyTheme(new DOMParser().parseFromString(text, "text/html")))
    .catch(() => form.submit());
}

function applyTheme(page) {
  const theme = page.documentElement.dataset.theme;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const form = page.querySelector("[data-theme-form]");
  document.querySelector("[data-theme-form]").replaceWith(document.adoptNode(form));
  listenToTheme();
  document.querySelector("[data-theme-form] button").focus();
}

function listenToTheme() {
  document.querySelector("[data-theme-form]")?.addEventListener("submit", onThemeSubmit);
}

function addShowPassword(input) {
  const button = input.parentElement.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.textContent = isShown ? button.dataset.show : button.dataset.hide;
  });
}

listenToTheme();
document.querySelectorAll("[data-password]").forEach(addShowPassword);
// The reader of a form with errors should land on what is wrong.
document.querySelector(".errs, [aria-invalid=true]")?.focus();
