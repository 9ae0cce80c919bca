// Preview of an answer without leaving the page. Without this script the same button sends the form and shows it.
for (const form of document.querySelectorAll("form[data-preview-form]")) {
  const panel = form.querySelector("[data-preview]");
  const body = panel.querySelector("[data-preview-body]");
  form.querySelector('button[value="preview"]').addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch("/vorschau", {
        method: "POST",
        headers: { Accept: "text/html" },
        body: new URLSearchParams({ source: form.elements.source.value, source_type: form.elements.source_type?.value ?? "" }),
        credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(answer.statusText);
      body.innerHTML = await answer.text(); // sanitised by the server
      panel.hidden = false;
      panel.scrollIntoView({ block: "nearest" });
    } catch {
      form.requestSubmit(event.target.closest("button"));
    }
  });
}
