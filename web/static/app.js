// What saves a person time on every page; nothing here is needed to use it.

// A failed form: the summary gets the focus, so that a screen reader begins there.
document.querySelector("[data-focus]")?.focus();

// Menus close on Escape and when the focus leaves.
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}
