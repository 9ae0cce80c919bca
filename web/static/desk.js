// Keys for the desk. Each one presses a button or opens a form that stands on the page, so that nothing needs them. Typing in a field
// is left alone, and whoever is disturbed by keys without Ctrl switches them off.
const items = [...document.querySelectorAll("[data-item]")];
const help = document.querySelector("[data-keys]");
const stored = "desk-keys";
const place = "desk-place";

// remembered reads or writes the choice; a browser that keeps nothing has the keys on.
const remembered = (value) => {
  try {
    if (value) localStorage.setItem(stored, value);
    return localStorage.getItem(stored);
  } catch {
    return value;
  }
};

// where keeps the place of the last decision until the page comes back, once.
const where = (value) => {
  try {
    if (value) sessionStorage.setItem(place, JSON.stringify(value));
    const last = JSON.parse(sessionStorage.getItem(place));
    if (!value) sessionStorage.removeItem(place);
    return last;
  } catch {
    return null;
  }
};

document.addEventListener("submit", (event) => {
  const index = items.findIndex((item) => item.contains(event.target));
  const id = index < 0 ? event.target.dataset.about : items[index].dataset.item;
  if (id && event.target.method === "post") where({ here: location.pathname + location.search, id, index: Math.max(index, 0) });
});

// After a decision one goes on where one was: with the same practice, or with what took its place. What was decided is read out
// with it. The page of one practice says it on top.
const last = where();
if (last && last.here === location.pathname + location.search && !document.querySelector("[data-focus]")) {
  const said = document.querySelector(".flash");
  const item = items.find((item) => item.dataset.item === last.id) ?? items[Math.min(last.index, items.length - 1)];
  if (said) {
    said.id = "gesagt";
    said.tabIndex = -1;
  }
  if (item && !("whole" in item.dataset)) {
    const link = item.querySelector("a");
    if (said) link.setAttribute("aria-describedby", said.id);
    link.focus({ preventScroll: true });
    if (item !== items[0]) item.scrollIntoView({ block: "nearest" });
  } else {
    said?.focus();
  }
}

if (items.length > 0 && help) {
  let on = remembered() !== "off";
  let current = items.length === 1 ? 0 : items.findIndex((item) => item.contains(document.activeElement));
  let before = null;
  const button = help.querySelector("[data-keys-off]");
  const label = button.querySelector(".kern-label");
  const words = { on: button.dataset.label, off: label.textContent };
  const hints = [
    ...[...document.querySelectorAll("[data-key]")].map((it) => [it, it.dataset.key]),
    ...[...document.querySelectorAll("[data-open]")].map((it) => [it.querySelector("summary"), it.dataset.open]),
    ...[...document.querySelectorAll("[data-undo]")].map((it) => [it, "u"]),
    ...[...document.querySelectorAll("[data-next]")].map((it) => [it, "j"]),
  ];
  const show = () => {
    label.textContent = on ? words.off : words.on;
    for (const [it, key] of hints) {
      if (on) it.setAttribute("aria-keyshortcuts", key);
      else it.removeAttribute("aria-keyshortcuts");
    }
  };
  show();
  help.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    remembered(on ? "on" : "off");
    show();
  });

  const move = (step) => {
    current = Math.min(Math.max(current + step, 0), items.length - 1);
    items[current].querySelector("a").focus();
    items[current].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("focusin", (event) => {
    const i = items.findIndex((item) => item.contains(event.target));
    if (i >= 0) current = i;
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("[data-item] details[open]");
    if (form && event.key === "Escape") {
      form.open = false;
      form.querySelector("summary").focus();
      return;
    }
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.form?.requestSubmit();
      return;
    }
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const item = items[current];
    switch (event.key) {
      case "j": {
        const next = document.querySelector("[data-next]");
        if (next) next.click();
        else move(1);
        break;
      }
      case "k":
        move(-1);
        break;
      case "o":
        item?.querySelector(".desk__link")?.click();
        break;
      case "a":
      case "h":
      case "m":
        item?.querySelector(`[data-key="${event.key}"]`)?.click();
        break;
      case "d":
      case "f":
      case "l": {
        const form = item?.querySelector(`[data-open="${event.key}"]`);
        if (!form) return;
        form.open = true;
        form.querySelector("textarea, input:not([type=hidden])").focus();
        break;
      }
      case "u":
        document.querySelector("[data-undo]")?.click();
        break;
      case "?":
        help.open = !help.open;
        if (help.open) {
          before = document.activeElement;
          help.querySelector("summary").focus();
        } else {
          before?.focus();
        }
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
