// Sends each photo by itself as soon as it is chosen, shows it, and tries again when the connection breaks off.
//   .slot[data-upload=URL] holds one file input; the URL takes a POST of that input's name with the page's token.
//   Answers: 2xx {"findings": [text]} kept, and what could be better; 4xx {"error": {"message": …}} refused: both are
//   said in the slot. Without script the form sends them all.
"use strict";

const PAUSES = [1000, 3000, 8000];

// before: what the slot showed until now; it shows that again where the photo is refused.
function sendPhoto(slot, input, file, before) {
  const progress = slot.querySelector(".slot__progress");
  const error = slot.querySelector(".field__error");
  const words = progress.dataset;
  const wait = (time) => new Promise((go) => setTimeout(go, time));

  const say = (text, extra) => {
    progress.hidden = false;
    progress.replaceChildren(text, ...(extra ? [" ", extra] : []));
  };

  const attempt = () =>
    new Promise((answer, broken) => {
      const body = new FormData();
      body.append("csrf_token", input.form.elements.csrf_token.value);
      body.append(input.name, file);
      const request = new XMLHttpRequest();
      const bar = document.createElement("progress");
      bar.setAttribute("aria-label", words.sending);
      request.open("POST", slot.dataset.upload);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => {
        bar.max = event.total;
        bar.value = event.loaded;
      };
      request.onload = () => (request.status < 500 ? answer(request) : broken());
      request.onerror = request.ontimeout = broken;
      request.send(body);
      say(words.sending, bar);
    });

  const refused = (request) => {
    let message = words.failed;
    try {
      message = JSON.parse(request.responseText).error.message;
    } catch {
      // Not our own answer (a proxy's, perhaps): the general words stand.
    }
    error.textContent = message;
    slot.classList.add("slot--bad");
    progress.hidden = true;
    input.value = "";
    slot.querySelector(".slot__picture").replaceChildren(...before);
  };

  const kept = (request) => {
    input.value = "";
    slot.dataset.kept = "yes";
    say(words.sent);
    const { findings } = JSON.parse(request.responseText);
    error.textContent = findings.join(" ");
    slot.classList.toggle("slot--bad", findings.length > 0);
  };

  const again = () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--outline button--small";
    button.textContent = words.again;
    button.addEventListener("click", () => run());
    say(words.failed, button);
  };

  async function run() {
    error.textContent = "";
    slot.classList.remove("slot--bad");
    for (const pause of [0, ...PAUSES]) {
      await wait(pause);
      try {
        const request = await attempt();
        if (request.status >= 400) {
          refused(request);
        } else {
          kept(request);
        }
        return;
      } catch {
        // The connection broke off; the next turn of the loop tries again after a longer pause.
      }
    }
    again();
  }

  return run();
}

function showPhoto(slot, file) {
  const picture = document.createElement("img");
  picture.alt = "";
  picture.src = URL.createObjectURL(file);
  // A browser that cannot draw the format (HEIC) keeps the drawing; the server reads it all the same.
  picture.onload = () => slot.querySelector(".slot__picture").replaceChildren(picture);
}

for (const slot of document.querySelectorAll(".slot[data-upload]")) {
  const input = slot.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) {
      const before = [...slot.querySelector(".slot__picture").childNodes];
      showPhoto(slot, file);
      sendPhoto(slot, input, file, before);
    }
  });
}
