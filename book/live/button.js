// The button of a page with code. Whoever presses it loads the rest, or hears what to do instead.
const INSTEAD = {
  file: "Python cannot start in a page that is opened from a file. Serve the book " +
    "(make serve, or python -m http.server in its folder), or take the notebook: ",
  none: "This copy of the book was built without Python for the page. Take the notebook: ",
};

const place = document.querySelector(".runner");
const button = place?.querySelector("button");
const root = new URL(document.documentElement.dataset.root || ".", document.baseURI).href;

function say(text) {
  place.querySelector("[role=status]").textContent = text;
}

function offer(why) {
  say(INSTEAD[why]);
  const link = document.createElement("a");
  link.href = "#run-this-chapter";
  link.textContent = "how to run it";
  place.querySelector("[role=status]").append(link, ".");
}

function load(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}_static/${name}`;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${name} could not be loaded`));
    document.head.append(script);
  });
}

function wear(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = `${root}_static/${name}`;
  document.head.append(link);
}

async function press() {
  if (location.protocol === "file:") return offer("file");
  button.disabled = true;
  say("Looking for Python …");
  try {
    const answer = await fetch(`${root}_static/engine/engine.json`, { cache: "no-cache" });
    if (!answer.ok) return offer("none");
    const engine = await answer.json();
    if (!globalThis.netinitPage) {
      wear("live.css");
      await load("live-page.js");
    }
    await globalThis.netinitPage({ place, root, engine });
  } catch (error) {
    say(`Python could not be started: ${error.message}. Try again, or reload the page.`);
  } finally {
    button.disabled = false;
  }
}

button?.addEventListener("click", press);
