/** `HH:MM:SS` of a Unix time in seconds, in the reader's time zone. */
export function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, { hour12: false });
}

/** Unix seconds. */
export function unixNow(): number {
  return Date.now() / 1000;
}
