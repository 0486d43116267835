// Numbers of the tuner as people read and type them.
import { decimal, fill, gettext, locale } from "../text.js";

export const NOTHING = "–";
const MOST_PLACES = 6;
const separator = decimal(1.5, 1).replace(/[15]/g, "");

/** An error rate: two places below ten per cent; as review/templatetags/shown.py writes it. */
export const rate = (share) => (share === null ? NOTHING : fill(gettext("{n}\u00a0%"), { n: decimal(share * 100, share === 0 || share === 1 ? 0 : share < 0.0995 ? 2 : 1) }));

/** A share in a sentence: 63 %, 52.1 %. */
export const shareWords = (value) => fill(gettext("{n}\u00a0%"), { n: plain(Number((value * 100).toFixed(1))) });

/** A share in a column, where points stand below each other. */
export const share = (value) => fill(gettext("{n}\u00a0%"), { n: decimal(value * 100, 1) });

/** A share as it was typed: 1 %, 0.5 %. */
export const goal = (value) => fill(gettext("{n}\u00a0%"), { n: plain(value * 100) });

/** A number with as many places as it needs, at most six. */
export const plain = (value) => Number(value.toFixed(MOST_PLACES)).toLocaleString(locale, { maximumFractionDigits: MOST_PLACES, useGrouping: false });

export const count = (value) => (value === null ? NOTHING : Math.round(value).toLocaleString(locale));

/** A threshold with three places, more where it has them; null is never. */
export function threshold(value) {
  if (value === null) return gettext("never");
  return value.toLocaleString(locale, { minimumFractionDigits: 3, maximumFractionDigits: MOST_PLACES });
}

// The sign of the workflow's currency.
const sign = document.getElementById("main")?.dataset.currency ?? "";

/** An amount of money: whole, a small one with cents; as review/templatetags/shown.py writes it. */
export function money(amount) {
  if (amount === null) return NOTHING;
  const places = Math.abs(amount) < 10 && !Number.isInteger(amount) ? 2 : 0;
  return fill(gettext("{currency}\u00a0{amount}"), { currency: sign, amount: decimal(amount, places) });
}

/** What was typed as a number, in the reader's way or in the plain one; null where it is none. */
export function typed(text) {
  const tidy = text.trim().replace(/[\s\u00a0']/g, "");
  const isGrouped = separator === "." ? /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(tidy) : /^\d{1,3}(\.\d{3})+(,\d*)?$/.test(tidy);
  const bare = isGrouped ? tidy.replaceAll(separator === "." ? "," : ".", "") : tidy;
  const value = Number(bare.replace(",", "."));
  return tidy && Number.isFinite(value) ? value : null;
}
