// Without this script every form works by itself: it sends feedback as an EHR does, to the
// standard's own endpoint, and shows beside the card what the server then has of it.
"use strict";

const NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes";

function itemOf(form) {
  const told = new FormData(form);
  const item = {
    card: told.get("card"),
    outcome: told.get("outcome"),
    outcomeTimestamp: new Date().toISOString(),
  };
  if (told.get("suggestion")) item.acceptedSuggestions = [{ id: told.get("suggestion") }];
  const reason = form.elements.reason;
  if (reason && reason.value) {
    const display = reason.selectedOptions[0].textContent;
    item.overrideReason = { reason: { code: reason.value, system: NON_ADHERENCE, display } };
    const comment = told.get("comment").trim();
    if (comment) item.overrideReason.userComment = comment;
  }
  return item;
}

async function send(form) {
  const fields = new FormData(form);
  const sent = await fetch(`/cds-services/${fields.get("service")}/feedback`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ feedback: [itemOf(form)] }),
  });
  if (!sent.ok) {
    const outcome = await sent.json();
    throw new Error(outcome.issue.map((issue) => issue.details.text).join("; "));
  }
  const card = encodeURIComponent(fields.get("card"));
  const kept = await fetch(`/try/feedback?card=${card}`);
  if (!kept.ok) throw new Error("the feedback was taken, but cannot be read back now");
  const page = new DOMParser().parseFromString(await kept.text(), "text/html");
  return page.getElementById("stored");
}

function refusal(error) {
  const told = document.createElement("p");
  told.className = "refusal";
  told.textContent = `Not stored: ${error.message}.`;
  return told;
}

function settle(form) {
  const card = form.closest(".card");
  const overridden = form.elements.outcome.value === "overridden";
  const done = overridden ? card.querySelectorAll("form.feedback") : [form];
  for (const each of done) {
    each.dataset.sent = "yes";
    each.querySelector("button").setAttribute("aria-disabled", "true");
  }
  const button = form.querySelector("button");
  button.textContent = button.textContent.replace("Accept:", "Accepted:").replace("Override this", "Overrode this");
}

async function answered(event) {
  const form = event.target;
  if (!form.matches("form.feedback")) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const became = form.closest(".card").querySelector(".became");
  try {
    became.replaceChildren(document.importNode(await send(form), true));
    became.firstChild.removeAttribute("id");
    settle(form);
  } catch (error) {
    delete form.dataset.sent;
    became.replaceChildren(refusal(error));
  }
  became.focus();
}

function takesDrops(field) {
  const input = field.querySelector("input[type=file]");
  for (const type of ["dragover", "dragenter"]) {
    field.addEventListener(type, (event) => {
      event.preventDefault();
      field.classList.add("over");
    });
  }
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

document.addEventListener("submit", answered);
document.querySelectorAll("[data-drop]").forEach(takesDrops);
