// How far a replay is, asked for until it is over.
import { fill, gettext, locale } from "../text.js";
import { told } from "../work/api.js";

const EVERY_MS = 700;
const LATER_MS = 5000;

export function follow({ api, path, done }) {
  const bar = document.getElementById("progress");
  const text = document.getElementById("running");
  const count = (n) => n.toLocaleString(locale);

  async function look() {
    let wait = EVERY_MS;
    try {
      const { state, total, replayed } = await api.get(path);
      if (state === "done" || state === "failed") return done();
      if (state === "running") {
        bar.max = Math.max(1, total);
        bar.value = replayed;
        text.textContent = fill(gettext("{n} of {m} items replayed"), { n: count(replayed), m: count(total) });
      }
    } catch (problem) {
      if (!problem.isPassing) {
        text.textContent = told(problem);
        return undefined;
      }
      wait = LATER_MS;
    }
    setTimeout(look, document.hidden ? LATER_MS : wait);
    return undefined;
  }
  look();
}
