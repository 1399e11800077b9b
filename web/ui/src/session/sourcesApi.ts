import { errorText } from '../logic/errors';
import { parseObject } from '../logic/json';
import { parseSources } from '../logic/sources';
import type { Source } from '../logic/sources';

const PATH = '/api/sources';
const TIMEOUT = 10_000;

export interface NewSource {
  readonly url: string;
  /** Empty: one is made from the address. */
  readonly name: string;
  /** Empty: the default room. */
  readonly room: string;
}

/** The sources of a room; the token shows where they come from, too. Throws one clear line. */
export async function fetchSources(
  room: string,
  token: string,
  signal: AbortSignal,
): Promise<readonly Source[]> {
  const headers = token === '' ? {} : bearer(token);
  const { status, text } = await ask(`${PATH}?room=${encodeURIComponent(room)}`, { headers, signal });
  const sources = status === 200 ? parseSources(text) : undefined;
  if (sources === undefined) throw new Error(refusal(status, text));
  return sources;
}

/** Adds a source and returns its name. Throws one clear line. */
export async function addSource(source: NewSource, token: string): Promise<string> {
  const { url, name, room } = source;
  const body = { url, ...(name === '' ? {} : { name }), ...(room === '' ? {} : { room }) };
  const { status, text } = await ask(PATH, {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (status !== 201) throw new Error(refusal(status, text));
  const added = parseObject(text)?.['name'];
  return typeof added === 'string' ? added : name;
}

/** Takes a source out of its room. Throws one clear line. */
export async function removeSource(source: Source, token: string): Promise<void> {
  const path = `${PATH}/${encodeURIComponent(source.name)}?room=${encodeURIComponent(source.room)}`;
  const { status, text } = await ask(path, { method: 'DELETE', headers: bearer(token) });
  if (status !== 200) throw new Error(refusal(status, text));
}

/** What the server says when it does not do what was asked. */
export function refusal(status: number, text: string): string {
  const error = parseObject(text)?.['error'];
  return typeof error === 'string' && error !== '' ? error : `Pressbox answers HTTP ${status}`;
}

function bearer(token: string): Record<string, string> {
  // Only what may stand in a header: anything else would be an error of the browser's own.
  return { Authorization: `Bearer ${token.replace(/[^\x21-\x7e]/g, '')}` };
}

async function ask(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
  const limit = AbortSignal.timeout(TIMEOUT);
  try {
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const response = await fetch(path, { ...init, signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new Error(`Pressbox does not answer: ${errorText(error)}`, { cause: error });
  }
}
