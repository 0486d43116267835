// Words and times for people. English goes through gettext; without Django's catalogue it stays English.
export const gettext = (message) => globalThis.gettext?.(message) ?? message;
export const ngettext = (one, many, count) => globalThis.ngettext?.(one, many, count) ?? (count === 1 ? one : many);

// The page's language, in the way of the browser's country where that speaks it.
const language = document.documentElement.lang || "en";
export const locale = (navigator.languages ?? []).find((one) => one.split("-")[0] === language) ?? language;

/** Put values into {names} of a sentence. */
export const fill = (message, values) => message.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Seconds as "18 s", "42 min" or "3 h 02". */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return fill(gettext("{n}\u00a0s"), { n: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return fill(gettext("{n}\u00a0min"), { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return fill(gettext("{h}\u00a0h\u00a0{m}"), { h: hours, m: String(minutes % 60).padStart(2, "0") });
  return fill(gettext("{n}\u00a0days"), { n: Math.round(hours / 24) });
}

/** Seconds as "4:12". */
export const timer = (seconds) => {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export const percent = (share) => fill(gettext("{n}\u00a0%"), { n: Math.round(share * 100) });

/** A number with so many places. */
export const decimal = (value, places) => value.toLocaleString(locale, { minimumFractionDigits: places, maximumFractionDigits: places });
const short = (value) => decimal(value, 2).replace(/^0\./, ".");

/** A score as ".84"; a full one as "1.0". */
export const score = (value) => (value > 0 && value < 0.01 ? `<${short(0.01)}` : value >= 0.995 ? decimal(1, 1) : short(value));

/** A moment as "today 09:14", "yesterday 17:02" or "3 Nov 09:14"; with seconds where they are wanted. */
export function day(at, { withSeconds = false } = {}) {
  const time = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined, hourCycle: "h23" });
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const days = Math.floor((midnight - at) / 86_400_000) + 1;
  if (at >= midnight) return fill(gettext("today {time}"), { time });
  if (days === 1) return fill(gettext("yesterday {time}"), { time });
  const year = at.getFullYear() === midnight.getFullYear() ? undefined : "numeric";
  return `${at.toLocaleDateString(locale, { day: "numeric", month: "short", year })} ${time}`;
}

/** What a queue's line says below its name: overdue before due before age. */
export function queueState(queue, now = Date.now()) {
  const oldest = queue.oldest_at ? span((now - new Date(queue.oldest_at)) / 1000) : null;
  if (queue.overdue) {
    return { tone: "bad", text: fill(ngettext("{n} overdue, oldest {age}", "{n} overdue, oldest {age}", queue.overdue), { n: queue.overdue, age: oldest ?? "" }) };
  }
  if (queue.due_soon) {
    return { tone: "warn", text: fill(ngettext("{n} due within the hour", "{n} due within the hour", queue.due_soon), { n: queue.due_soon }) };
  }
  if (!queue.depth) return { tone: "", text: gettext("empty") };
  return { tone: "", text: oldest ? fill(gettext("oldest {age}"), { age: oldest }) : "" };
}
