// Addresses to copy: a click into the field selects all of it, and where the browser can, a button copies.
for (const field of document.querySelectorAll("input[data-copy]")) {
  field.addEventListener("focus", () => field.select());
  const button = field.parentElement.querySelector("[data-copy-button]");
  if (!button || !navigator.clipboard) continue;
  const label = button.querySelector("[data-copy-label]");
  const words = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      label.textContent = button.dataset.done;
      setTimeout(() => {
        label.textContent = words;
      }, 3000);
    } catch {
      field.focus(); // not allowed: the selected text can be copied by hand
    }
  });
}
