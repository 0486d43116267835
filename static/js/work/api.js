// Calls of the JSON API: one workspace, CSRF header, problem documents as errors, the server's clock.
import { gettext } from "../text.js";

const KEEPALIVE_LIMIT = 60_000;

/** A failed call. `status` 0 means that there was no answer at all. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? "";
    this.detail = body?.detail ?? "";
    this.body = body ?? {};
  }

  /** Worth trying again by itself: nobody answered, or the server says "not now". */
  get isPassing() { return this.status === 0 || this.status >= 500 || [408, 425, 429].includes(this.status); }

  get isSignedOut() { return this.status === 401 || (this.status === 403 && ["not_authenticated", "authentication_failed", "csrf_failed"].includes(this.code)); }
}

/** What a person is told of a failed call: why, or what to do where nobody said why. */
export const told = (problem, otherwise = gettext("It did not work. Try again.")) => (problem.isSignedOut
  ? gettext("You are signed out. Sign in on another tab and try again.")
  : problem.detail || otherwise);

const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
const csrf = () => cookie("aios_csrf") ?? document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class Api {
  constructor({ base, workspace }) {
    this.base = base;
    this.workspace = workspace;
    this.offsetMs = 0;
  }

  /** The server's time; its Date header counts whole seconds, so this is up to a second early. */
  now() { return Date.now() + this.offsetMs; }

  async call(method, path, body, { timeoutMs = 15_000, signal } = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    let response;
    try {
      response = await fetch(this.base + path, {
        method,
        body: text,
        credentials: "same-origin",
        keepalive: method !== "GET" && (text?.length ?? 0) < KEEPALIVE_LIMIT,
        signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs),
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrf(), "Aios-Workspace": this.workspace },
      });
    } catch {
      throw new Problem(0);
    }
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.offsetMs = date - Date.now();
    let answer = null;
    try {
      if (response.status !== 204) answer = await response.json();
    } catch {
      if (response.ok) throw new Problem(0);
    }
    if (!response.ok) throw new Problem(response.status, answer);
    return answer;
  }

  get(path) { return this.call("GET", path); }
  post(path, body = {}) { return this.call("POST", path, body); }
  put(path, body) { return this.call("PUT", path, body); }

  /** A file as an object URL; the image policy allows blob: and this origin only. */
  async blobUrl(url) {
    const response = await fetch(url, { credentials: "same-origin", headers: { "Aios-Workspace": this.workspace } });
    if (!response.ok) throw new Problem(response.status);
    return URL.createObjectURL(await response.blob());
  }
}
