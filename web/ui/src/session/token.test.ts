import { expect, it } from 'vitest';

import { checkReach } from './token';

it('says at once what a page by https can never reach', () => {
  const check = (protocol: string, server: string) => () => {
    checkReach(protocol, server);
  };
  expect(check('https:', 'ws://box.example:7880')).toThrow('LIVEKIT_PUBLIC_URL');
  expect(check('https:', 'wss://box.example')).not.toThrow();
  expect(check('https:', 'ws://127.0.0.1:7880')).not.toThrow();
  expect(check('http:', 'ws://box.example:7880')).not.toThrow();
});
