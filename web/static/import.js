// How far an import is, without loading the page anew; when it is done, the page says what became of it.
const box = document.querySelector("[data-import]");
const bar = box?.querySelector("[data-import-bar]");
const text = box?.querySelector("[data-import-text]");

async function look() {
  try {
    const answer = await fetch(box.dataset.import, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const now = await answer.json();
      if (now.finished) {
        location.reload();
        return;
      }
      bar.max = now.total;
      bar.value = now.done;
      text.textContent = now.text;
    }
  } catch {
    // offline for a moment: the next look will tell
  }
  setTimeout(look, 2000);
}

if (box) setTimeout(look, 1000);
