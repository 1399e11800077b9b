/** How picture and sound come: by LiveKit, or, where WebRTC does not get through, by plain HTTP. */
export type Way = 'webrtc' | 'http';

/** Where this page stands with the room. */
export type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'live'; readonly way: Way }
  | { readonly name: 'reconnecting'; readonly way: Way }
  | { readonly name: 'failed'; readonly error: string }
  | {
      readonly name: 'lost';
      readonly error: string;
      /** Retries so far. */
      readonly attempt: number;
      readonly retrying: boolean;
      /** Whether the page comes back by itself. */
      readonly again: boolean;
    };

export type PhaseEvent =
  | { type: 'join' }
  | { type: 'joined'; way: Way }
  | { type: 'refused'; error: string }
  | { type: 'reconnecting' }
  | { type: 'dropped'; error: string; again: boolean }
  | { type: 'left' };

export function nextPhase(phase: Phase, event: PhaseEvent): Phase {
  switch (event.type) {
    case 'join':
      return phase.name === 'lost' ? { ...phase, retrying: true } : { name: 'connecting' };
    case 'joined':
      return { name: 'live', way: event.way };
    case 'reconnecting':
      return phase.name === 'live' ? { name: 'reconnecting', way: phase.way } : phase;
    case 'refused':
      if (phase.name === 'lost') {
        return { ...phase, error: event.error, attempt: phase.attempt + 1, retrying: false };
      }
      return phase.name === 'connecting' ? { name: 'failed', error: event.error } : phase;
    case 'dropped':
      return phase.name === 'live' || phase.name === 'reconnecting'
        ? { name: 'lost', error: event.error, attempt: 0, retrying: false, again: event.again }
        : phase;
    case 'left':
      return { name: 'idle' };
  }
}

/** Whether the room is on show, even if only from memory. */
export function isOnStage(phase: Phase): boolean {
  return phase.name === 'live' || phase.name === 'reconnecting' || phase.name === 'lost';
}

/** Seconds until the page tries again by itself. */
export function retryDelay(attempt: number): number {
  return Math.min(2 ** (attempt + 1), 15);
}
