// Shows the steps of a probe where its button is, as they are taken. Without it the form leads to a page of its own.
"use strict";

(() => {
  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    // Whatever comes from the network is text, and nothing else.
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const symbol = (state) => {
    const space = "http://www.w3.org/2000/svg";
    const icon = document.createElementNS(space, "svg");
    const use = document.createElementNS(space, "use");
    icon.setAttribute("class", "icon");
    icon.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#" + state);
    icon.append(use);
    return icon;
  };

  const step = ({ after_seconds, stage, words }) => {
    const line = element("li");
    line.append(element("span", "after", Math.round(after_seconds * 1000) + " ms"), " ");
    line.append(element("span", "stage", stage), " ", element("span", "words", words));
    return line;
  };

  const more = (words) => {
    const line = element("li", "more");
    line.append(element("span", "words", words));
    return line;
  };

  const outcome = (result) => {
    const made = element("div", "outcome");
    const state = element("p", "state " + result.state);
    state.append(symbol(result.state), result.state + " after " + Math.round(result.duration_seconds * 1000) + " ms");
    made.append(state);
    if (result.cause) {
      const cause = element("p", "cause");
      const link = element("a", "", result.cause);
      link.href = "/runbook/" + encodeURIComponent(result.cause);
      cause.append(link);
      made.append(cause, element("p", "detail", result.detail));
    }
    return made;
  };

  const show = (entry, list, place) => {
    if (entry.title) list.append(element("li", "what", entry.title));
    else if (entry.step) list.append(step(entry.step));
    else if (entry.more) list.append(more(entry.more));
    else if (entry.result) place.append(outcome(entry.result));
    else if (entry.failed) place.append(element("p", "trouble", entry.failed));
  };

  // Every line of the answer is a JSON document.
  const lines = async (response, heard) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (rest + value).split("\n");
      rest = whole.pop();
      whole.filter(Boolean).forEach((line) => heard(JSON.parse(line)));
    }
  };

  const probe = async (form, place) => {
    const list = element("ol", "told");
    place.replaceChildren(list);
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/x-ndjson" },
      body: new URLSearchParams(new FormData(form)),
    });
    if (!response.ok) {
      place.replaceChildren(element("p", "trouble", await response.text()));
      return;
    }
    await lines(response, (entry) => show(entry, list, place));
  };

  for (const form of document.querySelectorAll("form.probe")) {
    const place = element("div", "live");
    place.setAttribute("role", "log");
    place.setAttribute("aria-label", form.getAttribute("aria-label"));
    form.after(place);
    const button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      // Not `disabled`, which would take the focus away.
      if (button.getAttribute("aria-disabled") === "true") return;
      button.setAttribute("aria-disabled", "true");
      try {
        await probe(form, place);
      } catch (error) {
        place.append(element("p", "trouble", "The monitor does not answer: " + error.message));
      } finally {
        button.removeAttribute("aria-disabled");
      }
    });
  }
})();
