// Writes one cookie of this site; name and value come encoded.
const YEAR = 365 * 24 * 60 * 60;

export default function ({ data }) {
  document.cookie = `${data.cookie}=${data.value}; path=/; max-age=${YEAR}; SameSite=Strict`;
}
