import type { Entry } from '../logic/entries';
import { Store } from '../logic/store';
import { EMPTY, reduce } from '../logic/transcript';
import type { Action, Transcript } from '../logic/transcript';
import { tabStorage } from './place';

/** What has been said in one room, kept over a reload of this tab. */
export class TranscriptStore extends Store<Transcript> {
  private readonly key: string;

  constructor(room: string) {
    super(EMPTY);
    this.key = `pressbox.said.${room}`;
  }

  readonly dispatch = (action: Action): void => {
    this.set(reduce(this.snapshot(), action));
  };

  /** Keeps it for this tab. */
  readonly keep = (): void => {
    try {
      tabStorage()?.setItem(this.key, JSON.stringify(this.snapshot().entries));
    } catch {
      tabStorage()?.removeItem(this.key); // full: rather nothing than half of it
    }
  };

  /** Brings back what was kept. */
  readonly restore = (): void => {
    const kept = tabStorage()?.getItem(this.key);
    // Written by this page, in this tab.
    if (kept) this.dispatch({ type: 'earlier', entries: JSON.parse(kept) as Entry[] });
  };
}
