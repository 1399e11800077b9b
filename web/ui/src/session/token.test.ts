import { expect, it } from 'vitest';

import { checkReach, readTicket } from './token';

it('reads address and token', () => {
  const text = '{"server_url":"ws://host:7880","participant_token":"a.b.c"}';
  expect(readTicket(201, text)).toEqual({ serverUrl: 'ws://host:7880', token: 'a.b.c' });
});

it.each([
  [422, '{"error":"room_name: too long"}', 'room_name: too long'],
  [500, 'Internal Server Error', 'HTTP 500'],
  [201, '{"server_url":"ws://host"}', 'HTTP 201'],
])('throws one line for %i %s', (status, text, words) => {
  expect(() => readTicket(status, text)).toThrow(words);
});

it('says at once what a page by https can never reach', () => {
  const check = (protocol: string, server: string) => () => {
    checkReach(protocol, server);
  };
  expect(check('https:', 'ws://box.example:7880')).toThrow('LIVEKIT_PUBLIC_URL');
  expect(check('https:', 'wss://box.example')).not.toThrow();
  expect(check('https:', 'ws://127.0.0.1:7880')).not.toThrow();
  expect(check('http:', 'ws://box.example:7880')).not.toThrow();
});
