// A log-in ends at the first page: remembers which page it was begun at, and goes back there.
const WANTED = "passband-return-to";

export default function ({ data }) {
  if (data.waiting) {
    sessionStorage.setItem(WANTED, location.href);
    return;
  }
  const wanted = sessionStorage.getItem(WANTED);
  sessionStorage.removeItem(WANTED);
  if (wanted && wanted !== location.href) location.replace(wanted);
}
