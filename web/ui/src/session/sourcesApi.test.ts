import { afterEach, expect, it, vi } from 'vitest';

import { addSource, fetchSources, refusal, removeSource } from './sourcesApi';

const GATE = { name: 'the gate', room: 'a/b', url: '', state: 'live', error: '' };

function answer(status: number, text: string) {
  const asked = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(new Response(text, { status })),
  );
  vi.stubGlobal('fetch', asked);
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it('lists the sources', async () => {
  const asked = answer(200, JSON.stringify({ sources: [GATE] }));
  const [found] = await fetchSources('a/b', 't', new AbortController().signal);
  expect(found?.name).toBe('the gate');
  expect(asked.mock.calls[0]?.[0]).toBe('/api/sources?room=a%2Fb');
  expect(asked.mock.calls[0]?.[1].headers).toEqual({ Authorization: 'Bearer t' });
});

it('adds one with the token in a header, not in the address', async () => {
  const asked = answer(201, '{"name":"cam-1"}');
  const source = { url: 'rtsp://u:p@cam-1', name: '', room: '' };
  await expect(addSource(source, ' tok\nen ')).resolves.toBe('cam-1');
  const [path, init] = asked.mock.calls[0] ?? ['', {}];
  expect(path).toBe('/api/sources');
  expect(init.headers).toMatchObject({ Authorization: 'Bearer token' });
  expect(init.body).toBe('{"url":"rtsp://u:p@cam-1"}');
});

it('removes one by name and room', async () => {
  const asked = answer(200, '{}');
  const source = { ...GATE, codec: '', width: 0, height: 0, fps: 0, frozen: false };
  await removeSource(source, 't');
  expect(asked.mock.calls[0]?.[0]).toBe('/api/sources/the%20gate?room=a%2Fb');
});

it.each([
  [401, '{"error":"the admin token is missing or wrong"}', 'the admin token is missing or wrong'],
  [502, '<html>', 'Pressbox answers HTTP 502'],
  [500, '{"error":""}', 'HTTP 500'],
])('throws one line for %i %s', async (status, text, words) => {
  expect(refusal(status, text)).toContain(words);
  answer(status, text);
  await expect(fetchSources('', '', new AbortController().signal)).rejects.toThrow(words);
  await expect(addSource({ url: 'x', name: 'y', room: 'z' }, 't')).rejects.toThrow(words);
});

it('says when nobody answers', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(fetchSources('', '', new AbortController().signal)).rejects.toThrow(
    'Pressbox does not answer: Failed to fetch',
  );
});
