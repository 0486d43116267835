// The item's page: correcting its answer.
import { Api } from "./work/api.js";
import { amend } from "./work/amend.js";

const button = document.querySelector("[data-amend]");
const failure = document.getElementById("amend-failure");
const { api: base, workspace, item, about } = button.dataset;
const labels = JSON.parse(document.getElementById("amend-labels").textContent).map(([value, title]) => ({ value, title }));

button.addEventListener("click", async () => {
  failure.hidden = true;
  try {
    if (await amend({ api: new Api({ base, workspace }), item, labels, about }) !== undefined) location.reload();
  } catch (problem) {
    failure.textContent = problem.detail || problem.message || failure.dataset.offline;
    failure.hidden = false;
  }
});
