/** Rejects where the browser does not let the page copy: an insecure one has no clipboard. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
