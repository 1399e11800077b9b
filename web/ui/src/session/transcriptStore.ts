import { EMPTY, reduce } from '../logic/transcript';
import type { Action, Transcript } from '../logic/transcript';

/** Holds the transcript outside React, since text arrives whether or not anything is drawn. */
export class TranscriptStore {
  private state: Transcript = EMPTY;
  private readonly listeners = new Set<() => void>();

  readonly dispatch = (action: Action): void => {
    const next = reduce(this.state, action);
    if (next === this.state) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  };

  readonly snapshot = (): Transcript => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}
