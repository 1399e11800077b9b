import { afterEach, expect, it, vi } from 'vitest';

import { api, inRoom } from './api';
import { addSource, fetchSources, removeSource } from './sourcesApi';
import { fetchTicket } from './token';

const signal = new AbortController().signal;

/** A server that answers everything with that; returns what it was asked. */
function answering(status: number, text: string) {
  const asked = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(new Response(text, { status })),
  );
  vi.stubGlobal('fetch', asked);
  return () => {
    const [path, init] = asked.mock.calls[0] ?? ['', {}];
    return { path, init, headers: new Headers(init.headers) };
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it('sends a token in a header, and only what may stand in one', async () => {
  const asked = answering(201, '{"name":"cam-1"}');
  const source = { url: 'rtsp://u:p@cam-1', name: '', room: '', transport: 'auto', turn: '90', sound: true };
  await addSource(source, ' tok\nen ');
  expect(asked().path).toBe('/api/sources');
  expect(asked().headers.get('Authorization')).toBe('Bearer token');
  expect(asked().init.body).toBe('{"url":"rtsp://u:p@cam-1","sound":true,"turn":90}');
});

it('names the room in the address', async () => {
  const gate = { name: 'the gate', room: 'a/b', url: '', state: 'live', error: '' };
  const asked = answering(200, JSON.stringify({ sources: [gate] }));
  const [found] = await fetchSources('a/b', '', signal);
  expect(asked().path).toBe('/api/sources?room=a%2Fb');
  expect(asked().headers.has('Authorization')).toBe(false);
  const removed = answering(200, '{}');
  if (found) await removeSource(found, 't');
  expect(removed().path).toBe('/api/sources/the%20gate?room=a%2Fb');
  expect(inRoom('/api/mjpeg', '', { turn: '1' })).toBe('/api/mjpeg?turn=1');
});

it('gets a place in a room', async () => {
  const asked = answering(201, '{"server_url":"ws://host:7880","participant_token":"a.b.c"}');
  const ticket = await fetchTicket('attic', 'Ann', undefined, signal);
  expect(ticket).toEqual({ serverUrl: 'ws://host:7880', token: 'a.b.c' });
  expect(asked().init.body).toBe('{"room_name":"attic","participant_name":"Ann"}');
});

it.each([
  [401, '{"error":"the admin token is missing or wrong"}', 'the admin token is missing or wrong'],
  [502, '<html>', 'HTTP 502'],
  [500, '{"error":""}', 'HTTP 500'],
  [200, '[]', 'HTTP 200'],
])('throws one line for %i %s', async (status, text, words) => {
  answering(status, text);
  await expect(api('/api/choices')).rejects.toMatchObject({
    status,
    message: expect.stringContaining(words) as string,
  });
});

it('says when nobody answers', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(api('/api/choices')).rejects.toThrow('Pressbox does not answer: Failed to fetch');
});
