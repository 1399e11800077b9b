import { useSyncExternalStore } from 'react';

interface Readable<Value> {
  readonly snapshot: () => Value;
  readonly subscribe: (listener: () => void) => () => void;
}

/** What a store holds, drawn anew when that changes. */
export function useStore<Value>(store: Readable<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
