// One more row of a list, without leaving the page. Without this script the button asks the server for it.
for (const button of document.querySelectorAll("button[data-add-row]")) {
  button.addEventListener("click", (event) => {
    const rows = button.closest("[data-rows]").querySelectorAll("[data-row]");
    const last = rows[rows.length - 1];
    if (!last || rows.length >= Number(button.dataset.addRow)) return;
    event.preventDefault();
    const row = last.cloneNode(true);
    const number = rows.length;
    for (const part of row.querySelectorAll("*")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/([.-])\d+([.-])/g, `$1${number}$2`));
      }
    }
    for (const mark of row.querySelectorAll("[data-number]")) mark.textContent = mark.dataset.number.replace("@@", number + 1);
    for (const problem of row.querySelectorAll(".kern-error")) problem.remove();
    for (const input of row.querySelectorAll("input")) {
      input.removeAttribute("aria-invalid");
      if (!input.name.endsWith(".currency")) input.value = "";
    }
    for (const choice of row.querySelectorAll("select")) choice.selectedIndex = 0;
    last.after(row);
    row.querySelector("input, select").focus();
  });
}
