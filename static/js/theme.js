// Theme and text size: what the person chose, else what the system says. Loaded in <head>, before the first paint.
(() => {
  const root = document.documentElement;
  const store = {
    read(key) { try { return localStorage.getItem(key); } catch { return null; } },
    write(key, value) { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
  };
  const apply = () => {
    const theme = store.read("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    const text = store.read("text");
    if (text === "large" || text === "largest") root.dataset.text = text;
  };
  apply();
  addEventListener("storage", (event) => { if (event.key === "theme") apply(); });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    store.write("theme", dark ? "light" : "dark");
    root.dataset.theme = dark ? "light" : "dark";
  });
})();
