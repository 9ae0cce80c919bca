// The editor: a preview beside the text while it is written, and a draft that saves itself. Without this script
// the buttons of the form do the same.
const form = document.querySelector("form[data-editor]");
if (form) {
  const status = form.querySelector("[data-status]");
  const source = form.elements.source;
  let dirty = false;
  let busy = false;
  let sending = false;
  let conflict = false; // somebody else changed the text: nothing is saved by itself any more

  // Buttons named action hide the property of that name.
  const target = () => new URL(form.getAttribute("action"), location.href);

  const post = (address, fields, accept) =>
    fetch(address, { method: "POST", headers: { Accept: accept }, body: fields, credentials: "same-origin" });

  // Preview: half a second after the last key.
  const panel = form.querySelector("[data-preview]");
  const shown = form.querySelector("[data-preview-body]");
  let wait = 0;
  let latest = 0;
  const preview = async () => {
    const turn = ++latest;
    try {
      const answer = await post("/vorschau", new URLSearchParams({ source: source.value }), "text/html");
      if (!answer.ok || turn !== latest) return;
      shown.innerHTML = await answer.text(); // sanitised by the server
      panel.hidden = false;
    } catch {
      // No connection: the last preview stays.
    }
  };
  if (panel) {
    source.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(preview, 500);
    });
    if (source.value.trim() !== "") preview();
  }

  // Draft: every 20 seconds, when something changed.
  form.addEventListener("input", () => {
    dirty = true;
  });
  const save = async () => {
    if (!dirty || busy || sending || conflict || (form.elements.title.value.trim() === "" && (source?.value ?? "").trim() === "")) return;
    busy = true;
    dirty = false;
    status.textContent = form.dataset.saving;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("action", "save");
    try {
      const answer = await post(target(), fields, "application/json");
      const result = await answer.json();
      if (answer.status === 409) {
        conflict = true;
        form.querySelector("[data-conflict-actions]")?.removeAttribute("hidden");
        throw new Error();
      }
      if (!answer.ok) throw new Error(result.error);
      form.elements[form.dataset.basis ?? "version"].value = result.version;
      if (target().pathname !== result.action) {
        // The first save of a new text gave it an address.
        form.setAttribute("action", result.action);
        for (const button of form.querySelectorAll("[formaction]")) button.formAction = result.action + new URL(button.formAction).hash;
        history.replaceState(null, "", result.action);
      }
      const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date());
      status.textContent = form.dataset.saved.replace("@@", time);
    } catch (problem) {
      dirty = true;
      status.textContent = conflict ? form.dataset.conflict : `${form.dataset.failed} ${problem.message}`;
    }
    busy = false;
    form.dispatchEvent(new Event("autosaved"));
  };
  setInterval(save, 20_000);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });

  // What is being saved just now is waited for: the form must name the version that it makes.
  form.addEventListener("submit", (event) => {
    if (!busy) {
      sending = true;
      return;
    }
    event.preventDefault();
    form.addEventListener("autosaved", () => form.requestSubmit(event.submitter), { once: true });
  });
  window.addEventListener("pageshow", () => {
    sending = false; // came back
  });
  // Leaving with unsaved words asks first; sending the form does not.
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !sending) event.preventDefault();
  });
}
