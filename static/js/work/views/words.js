// The difference of two texts: by words where that is affordable, else by lines; what is kept, taken away and put in.
// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), with bounds on N and D so that no pair of texts stalls the page.

const WORD = /\s+|[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;
const MOST_TOKENS = 6000;
const MOST_EDITS = 1000;

/** Steps [kind, token] with kind "same", "del" or "ins" between two lists of tokens; null where they differ by too much. */
function steps(before, after) {
  const most = Math.min(before.length + after.length, MOST_EDITS);
  const far = new Int32Array(2 * most + 3);
  const trail = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trail.push(far.slice(most + 1 - edits - 1, most + 1 + edits + 2));
    for (let line = -edits; line <= edits; line += 2) {
      const at = most + 1 + line;
      let x = line === -edits || (line !== edits && far[at - 1] < far[at + 1]) ? far[at + 1] : far[at - 1] + 1;
      let y = x - line;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x += 1;
        y += 1;
      }
      far[at] = x;
      if (x >= before.length && y >= after.length) return back(before, after, trail);
    }
  }
  return null;
}

function back(before, after, trail) {
  const found = [];
  let [x, y] = [before.length, after.length];
  for (let edits = trail.length - 1; edits >= 0; edits -= 1) {
    const far = (line) => trail[edits][line + edits + 1];
    const line = x - y;
    const from = line === -edits || (line !== edits && far(line - 1) < far(line + 1)) ? line + 1 : line - 1;
    const [startX, startY] = edits === 0 ? [0, 0] : [far(from), far(from) - from];
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      found.push(["same", before[x]]);
    }
    if (edits > 0) found.push(from === line + 1 ? ["ins", after[startY]] : ["del", before[startX]]);
    [x, y] = [startX, startY];
  }
  return found.reverse();
}

/** Neighbouring steps of one kind as one piece; a change is what went before what came, and lone spaces between changes go along. */
function pieces(found) {
  const runs = [];
  for (const [kind, token] of found) {
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += token;
    else runs.push({ kind, text: token });
  }
  const told = [];
  let [del, ins] = ["", ""];
  const close = () => {
    if (del) told.push({ kind: "del", text: del });
    if (ins) told.push({ kind: "ins", text: ins });
    [del, ins] = ["", ""];
  };
  runs.forEach(({ kind, text }, index) => {
    const isBetween = kind === "same" && /^[^\S\n]+$/.test(text) && del && ins && runs[index + 1];
    if (kind === "del" || isBetween) del += text;
    if (kind === "ins" || isBetween) ins += text;
    if (kind === "same" && !isBetween) {
      close();
      told.push({ kind, text });
    }
  });
  close();
  return told;
}

function differ(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const [left, right] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  if (left.length + right.length > MOST_TOKENS) return null;
  const middle = steps(left, right);
  const same = (token) => ["same", token];
  return middle && [...before.slice(0, head).map(same), ...middle, ...(tail ? before.slice(-tail).map(same) : [])];
}

const words = (text) => text.match(WORD) ?? [];
const lines = (text) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** [{kind: "same" | "del" | "ins", text}]; put together, same and del are the text before, same and ins the one after. */
export function difference(before, after) {
  if (before === after) return before ? [{ kind: "same", text: before }] : [];
  const byWord = before.length + after.length < 20 * MOST_TOKENS ? differ(words(before), words(after)) : null;
  if (byWord) return pieces(byWord);
  const byLine = differ(lines(before), lines(after));
  return byLine ? pieces(byLine) : pieces([["del", before], ["ins", after]].filter(([, text]) => text));
}
