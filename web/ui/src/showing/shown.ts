import type { Kind } from './publish';

/** What this page shows, and how it stands with that. */
export interface Shown {
  readonly kind: Kind | undefined;
  /** The browser asks its user, or opens it. */
  readonly opening: boolean;
  readonly label: string;
  /** What happened by itself, one line, or empty. */
  readonly note: string;
  /** One line, or empty. */
  readonly error: string;
  readonly video: MediaStreamTrack | undefined;
}

export const NOTHING: Shown = {
  kind: undefined,
  opening: false,
  label: '',
  note: '',
  error: '',
  video: undefined,
};
