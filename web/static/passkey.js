// The passkey dialog: the only thing on this site that needs a script. Every form with data-passkey names the
// ceremony ("anmeldung", "registrierung", "schluessel"); its sentences for people come from data-message-* attributes,
// so this file has no language of its own.

// The browser's own converters are used where it has them; older ones get the same from these two.
const toBytes = (text) => {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer;
};

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withBytes = (list) => (list ?? []).map((item) => ({ ...item, id: toBytes(item.id) }));

function creationOptions(json) {
  if (window.PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  return {
    ...json,
    challenge: toBytes(json.challenge),
    user: { ...json.user, id: toBytes(json.user.id) },
    excludeCredentials: withBytes(json.excludeCredentials),
  };
}

function requestOptions(json) {
  if (window.PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  return { ...json, challenge: toBytes(json.challenge), allowCredentials: withBytes(json.allowCredentials) };
}

function credentialJSON(credential) {
  if (typeof credential.toJSON === "function") {
    return credential.toJSON();
  }
  const { response } = credential;
  const out = {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: toText(response.clientDataJSON) },
  };
  if (response.attestationObject) {
    out.response.attestationObject = toText(response.attestationObject);
    out.response.transports = response.getTransports?.() ?? [];
  } else {
    out.response.authenticatorData = toText(response.authenticatorData);
    out.response.signature = toText(response.signature);
    if (response.userHandle) {
      out.response.userHandle = toText(response.userHandle);
    }
  }
  return out;
}

// Refused is an answer of the server: a sentence for the person, and which fields it is about.
class Refused extends Error {
  constructor(answer) {
    super(answer.error ?? "");
    this.fields = answer.fields ?? {};
  }
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Refused(answer);
  }
  return answer;
}

// What went wrong, as the key of a sentence that the form carries.
function reason(error) {
  switch (error.name) {
    case "NotAllowedError":
    case "AbortError":
      return "cancelled";
    case "InvalidStateError":
      return "known";
    case "SecurityError":
      return "insecure";
    case "NotSupportedError":
    case "ConstraintError":
      return "unsupported";
    case "TypeError":
      return "network";
    default:
      return "failed";
  }
}

const messageKey = (name) => `message${name[0].toUpperCase()}${name.slice(1)}`;

function say(form, text, isError) {
  const box = form.querySelector("[data-passkey-status]");
  box.hidden = false;
  box.classList.toggle("kern-alert--danger", isError);
  box.classList.toggle("kern-alert--info", !isError);
  const icon = box.querySelector(".kern-icon");
  icon?.classList.toggle("kern-icon--danger", isError);
  icon?.classList.toggle("kern-icon--info", !isError);
  box.querySelector("[data-passkey-text]").textContent = text;
}

function showFields(form, fields) {
  for (const line of form.querySelectorAll("[data-error-for]")) {
    const text = fields[line.dataset.errorFor] ?? "";
    line.hidden = text === "";
    line.querySelector("[data-error-text]").textContent = text;
    const input = form.elements.namedItem(line.dataset.errorFor);
    input?.setAttribute("aria-invalid", text === "" ? "false" : "true");
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
}

async function run(form) {
  const ceremony = form.dataset.passkey;
  const data = Object.fromEntries(new FormData(form));
  say(form, form.dataset.messageWait, false);
  showFields(form, {});

  const begun = await post(`/webauthn/${ceremony}/beginn`, data);
  const publicKey = begun.publicKey ?? begun;
  const credential =
    ceremony === "anmeldung"
      ? await navigator.credentials.get({ publicKey: requestOptions(publicKey) })
      : await navigator.credentials.create({ publicKey: creationOptions(publicKey) });

  const query = new URLSearchParams();
  for (const name of ["weiter", "name"]) {
    if (data[name]) {
      query.set(name, data[name]);
    }
  }
  const done = await post(`/webauthn/${ceremony}/abschluss?${query}`, credentialJSON(credential));
  window.location.assign(done.location);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("[data-passkey-start]");
  if (!window.PublicKeyCredential) {
    say(form, form.dataset.messageUnsupported, true);
    continue;
  }
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await run(form);
    } catch (error) {
      const text = error instanceof Refused && error.message !== "" ? error.message : form.dataset[messageKey(reason(error))];
      say(form, text, true);
      showFields(form, error.fields ?? {});
    } finally {
      button.disabled = false;
    }
  });
}
