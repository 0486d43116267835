// Places in a payload: JSON Pointers, and what the contract says of them (`*` stands for any key or index).

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isScalar = (value) => value === null || typeof value !== "object";
const escaped = (key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1");

/** The pointer of a member of what a pointer names. */
export const inside = (pointer, key) => `${pointer}/${escaped(key)}`;

/** The unescaped steps of a pointer. */
export const steps = (pointer) => pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

/** "card_number" as "Card number". */
export function humanise(key) {
  const words = String(key).replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const fits = (pattern, parts) => pattern.every((part, at) => part === "*" || part === parts[at]);

/** Look a place up in {pointer or pattern: value}; a place that is named itself comes before a pattern. */
export function lookup(places) {
  const exact = new Map(Object.entries(places ?? {}));
  const patterns = [...exact].filter(([place]) => place.split("/").includes("*")).map(([place, value]) => [place.split("/"), value]);
  return (pointer) => {
    if (exact.has(pointer)) return exact.get(pointer);
    if (!patterns.length) return undefined;
    const parts = pointer.split("/");
    return patterns.find(([pattern]) => pattern.length === parts.length && fits(pattern, parts))?.[1];
  };
}

/** Tells whether a place is one of these or lies inside one. */
export function within(places) {
  const patterns = (places ?? []).map((place) => place.split("/"));
  return (pointer) => {
    if (!patterns.length) return false;
    const parts = pointer.split("/");
    return patterns.some((pattern) => pattern.length <= parts.length && fits(pattern, parts));
  };
}
