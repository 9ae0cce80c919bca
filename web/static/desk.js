// Keys for the desk: J and K move, A accepts, D opens declining, H features. Typing in a field is left alone.
const items = [...document.querySelectorAll("[data-item]")];
const hint = document.querySelector("[data-keys]");
if (items.length > 0) {
  if (hint) hint.hidden = false;
  let current = -1;
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
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const item = items[current];
    switch (event.key) {
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "a":
      case "h":
        item?.querySelector(`[data-key="${event.key}"]`)?.click();
        break;
      case "d": {
        const decline = item?.querySelector("[data-decline]");
        if (!decline) return;
        decline.open = true;
        decline.querySelector("textarea").focus();
        break;
      }
      default:
        return;
    }
    event.preventDefault();
  });
}
