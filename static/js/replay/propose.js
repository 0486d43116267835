// Proposing what was replayed: the replay stands beside the proposal.
import { askForProposal } from "../proposal.js";

export function watchProposal(button, { api, path, replay, versions }) {
  askForProposal(button, {
    send: (reason) => api.post(path, { body: JSON.parse(document.getElementById("replay-body").textContent), reason, replay }),
    done: () => location.assign(versions),
  });
}
