import { parseSource, parseSources } from '../logic/sources';
import type { Source } from '../logic/sources';
import { api, inRoom, Refusal } from './api';

const PATH = '/api/sources';

export interface NewSource {
  readonly url: string;
  /** Empty: one is made from the address. */
  readonly name: string;
  /** Empty: the default room. */
  readonly room: string;
  readonly transport: string;
  /** Degrees clockwise. */
  readonly turn: string;
  readonly sound: boolean;
}

/** The sources of a room; the token shows where they come from, too. Throws a Refusal. */
export async function fetchSources(
  room: string,
  token: string,
  signal: AbortSignal,
): Promise<readonly Source[]> {
  const sources = parseSources(await api(inRoom(PATH, room), { token, signal }));
  if (sources === undefined) throw new Refusal(0, 'Pressbox answers with no list of sources');
  return sources;
}

/** What is to be found at an address. Throws a Refusal. */
export async function probeSource(source: NewSource, token: string): Promise<Source> {
  return parseSource(await api(`${PATH}/probe`, { body: wanted(source), token }));
}

/** Adds a source. Throws a Refusal. */
export async function addSource(source: NewSource, token: string): Promise<void> {
  await api(PATH, { body: wanted(source), token });
}

/** Takes a source out of its room. Throws a Refusal. */
export async function removeSource(source: Source, token: string): Promise<void> {
  const path = `${PATH}/${encodeURIComponent(source.name)}`;
  await api(inRoom(path, source.room), { method: 'DELETE', token });
}

function wanted({ url, name, room, transport, turn, sound }: NewSource): Record<string, unknown> {
  return {
    url,
    sound,
    ...(transport === 'auto' ? {} : { transport }),
    ...(turn === '0' ? {} : { turn: Number(turn) }),
    ...(name === '' ? {} : { name }),
    ...(room === '' ? {} : { room }),
  };
}
