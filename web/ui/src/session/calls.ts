import type { Room } from 'livekit-client';

import { parseObject } from '../logic/json';
import { api, inRoom } from './api';
import { findBooth } from './booth';

export type Values = Readonly<Record<string, unknown>>;

/**
 * Asks something of the commentator: its RPC methods, less `pressbox.`; null where nothing is to be
 * sent. Throws an Error of one clear line.
 */
export type Call = (method: Method, values: Values | null) => Promise<Values>;
export type Method = 'get' | 'set' | 'rules' | 'lines' | 'talk';

/** By LiveKit. */
export function callByRoom(room: Room): Call {
  return async (method, values) => {
    const booth = findBooth(room);
    if (booth === undefined) throw new Error('No commentator is in this room');
    const answer = await room.localParticipant.performRpc({
      destinationIdentity: booth.identity,
      method: `pressbox.${method}`,
      payload: values === null ? '' : JSON.stringify(values),
    });
    return parseObject(answer) ?? {};
  };
}

const PATHS = { get: '/api/settings', set: '/api/settings', rules: '/api/rules' } as const;

/** By HTTP. */
export function callByHttp(roomName: string): Call {
  return async (method, values) => {
    if (method === 'talk') throw new Error('talking needs WebRTC');
    if (method === 'lines') return api(inRoom('/api/lines', roomName, queryOf(values)));
    return api(inRoom(PATHS[method], roomName), values === null ? {} : { body: values });
  };
}

function queryOf(values: Values | null): Record<string, string> {
  const { last, before } = values ?? {};
  return { last: String(last), ...(typeof before === 'string' ? { before } : {}) };
}
