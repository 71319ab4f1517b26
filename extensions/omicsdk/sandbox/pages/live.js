// The pages work without this: it refreshes lists in place, and copies.
"use strict";

function refresh() {
  const live = document.getElementById("live");
  const seconds = Number(live?.dataset.live);
  if (!seconds) return;
  setTimeout(async () => {
    try {
      // Somebody who reads or moves in the list isn't interrupted.
      if (!document.hidden && !live.contains(document.activeElement)) {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("live");
        if (answer.ok && fresh && fresh.innerHTML !== live.innerHTML) live.replaceChildren(...fresh.childNodes);
      }
    } catch {
      // The server is stopped; it may be there again the next time.
    }
    refresh();
  }, seconds * 1000);
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const box = document.getElementById(button.dataset.copies);
    const said = document.getElementById(`${button.dataset.copies}-said`);
    box.select();
    try {
      await navigator.clipboard.writeText(box.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The text is selected: copy it with your keyboard.";
    }
  });
}

// A button that creates variables for a shell copies them at once.
for (const form of document.querySelectorAll("form.copies")) {
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const button = event.submitter;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      await navigator.clipboard.writeText(page.getElementById("copied").value);
      document.getElementById("lines-said").textContent = `${button.textContent}: copied.`;
    } catch {
      // Without the clipboard the page with the lines is shown.
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
      form.submit();
    }
  });
}

refresh();
