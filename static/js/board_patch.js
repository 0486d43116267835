// Bringing the board up to date without moving what somebody is about to press. What stands in a cell changes at once; rows
// come, go or change their kind only where the caller says that nobody is at it.
const rowsOf = (part) => [...part.querySelectorAll("[data-row]")].map((row) => row.dataset.row);

function patchCells(old, fresh) {
  const cells = new Map([...old.querySelectorAll("[data-live]")].map((cell) => [cell.dataset.live, cell]));
  for (const cell of fresh.querySelectorAll("[data-live]")) {
    const present = cells.get(cell.dataset.live);
    if (!present || present.isEqualNode(cell)) continue;
    present.className = cell.className;
    present.replaceChildren(...[...cell.childNodes].map((node) => document.importNode(node, true)));
  }
}

/** Replace what a part holds; focus stays with the same row, or goes to the page's title where that has gone. */
function replace(part, next) {
  const scrolled = part.querySelector(".table-wrap");
  const [left, top] = [scrolled?.scrollLeft ?? 0, scrolled?.scrollTop ?? 0];
  const hadFocus = part.contains(document.activeElement);
  const row = hadFocus && document.activeElement.closest("[data-row]")?.dataset.row.split(":").slice(0, 2).join(":");
  part.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
  part.querySelector(".table-wrap")?.scrollTo(left, top);
  if (!hadFocus) return;
  const same = [...part.querySelectorAll("[data-row]")].find((one) => row && one.dataset.row.startsWith(row));
  (same?.querySelector("[data-act]") ?? document.querySelector("main h1"))?.focus();
}

function dimGone(old, fresh) {
  const left = new Set(rowsOf(fresh));
  for (const row of old.querySelectorAll("[data-row]")) row.classList.toggle("is-gone", !left.has(row.dataset.row));
}

/**
 * Bring every [data-part] of `board` to what `fresh` says. Rows move only where `mayMove`; tells how many parts wait for that.
 * Scroll positions inside a part stay.
 */
export function patch(board, fresh, mayMove) {
  let waiting = 0;
  for (const part of board.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!next) continue;
    patchCells(part, next);
    if (rowsOf(part).join("\n") === rowsOf(next).join("\n")) {
      dimGone(part, next);
    } else if (mayMove) {
      replace(part, next);
    } else {
      dimGone(part, next);
      waiting += 1;
    }
  }
  return waiting;
}
