// Keys for the desk. Each one presses a button or opens a form that stands on the page, so that nothing needs them. Typing in a field
// is left alone, and whoever is disturbed by keys without Ctrl switches them off.
const items = [...document.querySelectorAll("[data-item]")];
const help = document.querySelector("[data-keys]");
const stored = "desk-keys";

// remembered reads or writes the choice; a browser that keeps nothing has the keys on.
const remembered = (value) => {
  try {
    if (value) localStorage.setItem(stored, value);
    return localStorage.getItem(stored);
  } catch {
    return value;
  }
};

if (items.length > 0 && help) {
  let on = remembered() !== "off";
  let current = items.length === 1 ? 0 : -1;
  const button = help.querySelector("[data-keys-off]");
  const label = button.querySelector(".kern-label");
  const words = { on: button.dataset.on, off: label.textContent };
  const show = () => {
    label.textContent = on ? words.off : words.on;
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
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const item = items[current];
    switch (event.key) {
      case "j":
        move(1);
        break;
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
        if (help.open) help.querySelector("summary").focus();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
