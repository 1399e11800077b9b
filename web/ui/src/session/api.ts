import { errorText } from '../logic/errors';
import { parseObject } from '../logic/json';

/** Milliseconds. */
const TIMEOUT = 20_000;

/** What the page's server says when it does not do what was asked; `message` is one line. */
export class Refusal extends Error {
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** The admin token; empty: none. */
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** Asks the page's server for a JSON object. Throws a Refusal. */
export async function api(path: string, request: Request = {}): Promise<Record<string, unknown>> {
  const { body, token = '', signal } = request;
  const headers = new Headers();
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  // Only what may stand in a header: anything else would be an error of the browser's own.
  if (token !== '') headers.set('Authorization', `Bearer ${token.replace(/[^\x21-\x7e]/g, '')}`);
  const limit = AbortSignal.timeout(TIMEOUT);
  let status: number;
  let text: string;
  try {
    const response = await fetch(path, {
      method: request.method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw new Refusal(0, `Pressbox does not answer: ${errorText(error)}`, error);
  }
  return answer(status, text);
}

/** The object in an answer. Throws a Refusal. */
export function answer(status: number, text: string): Record<string, unknown> {
  const object = parseObject(text);
  if (status >= 200 && status < 300 && object !== undefined) return object;
  const error = object?.['error'];
  const said = typeof error === 'string' && error !== '' ? error : '';
  throw new Refusal(status, said || `Pressbox answers HTTP ${status}`);
}

/** `path` for a room; empty: the default one. */
export function inRoom(path: string, room: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...(room === '' ? {} : { room }), ...more }).toString();
  return query === '' ? path : `${path}?${query}`;
}
