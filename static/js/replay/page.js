// The time machine: a form that asks for a replay, its progress, and the items that go another way.
import { Api } from "../work/api.js";
import { watchForm } from "./ask.js";
import { showFlips } from "./flips.js";
import { follow } from "./progress.js";
import { watchProposal } from "./propose.js";

const page = document.getElementById("main");
const api = new Api({ base: page.dataset.api.replace(/workflows\/[^/]+\/$/, ""), workspace: page.dataset.workspace });
const workflow = page.dataset.api.match(/workflows\/[^/]+\/$/)[0];
const { replay, state } = page.dataset;

const show = (id) => location.assign(`?id=${id}`);

if (document.getElementById("ask")) watchForm({ api, path: `${workflow}replays/`, done: show });
if (replay && ["waiting", "running"].includes(state)) follow({ api, path: `replays/${replay}/`, done: () => show(replay) });
if (document.getElementById("flips")) showFlips({ api, path: `replays/${replay}/flips/`, items: page.dataset.items });
const button = document.getElementById("propose");
if (button) watchProposal(button, { api, path: `${workflow}proposals/`, replay, versions: page.dataset.versions });
