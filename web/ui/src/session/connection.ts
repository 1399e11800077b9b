import { DisconnectReason, RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';

import { disconnectText, errorText, isFinal } from '../logic/errors';
import { nextPhase, retryDelay } from '../logic/phase';
import type { Phase, PhaseEvent, Way } from '../logic/phase';
import { Store } from '../logic/store';
import { texts } from '../texts/texts';
import { enter } from './enter';
import type { Hearers } from './httpFeed';

/** Enters and leaves the room, and comes back by itself when the connection is lost. */
export class Connection extends Store<Phase> {
  /** Ends what is under way. */
  private attempt = new AbortController();
  private again: ReturnType<typeof setTimeout> | undefined;

  /** `follow` goes by HTTP instead, until the signal ends it. */
  constructor(
    private readonly room: Room,
    private readonly roomName: string,
    private readonly follow: (hearers: Hearers, signal: AbortSignal) => void,
  ) {
    super({ name: 'idle' });
    const waiting = (): void => {
      this.tell({ type: 'reconnecting' });
    };
    room.on(RoomEvent.Reconnecting, waiting).on(RoomEvent.SignalReconnecting, waiting);
    room.on(RoomEvent.Reconnected, () => {
      this.tell({ type: 'joined', way: 'webrtc' });
    });
    room.on(RoomEvent.Disconnected, (reason?: DisconnectReason) => {
      if (reason === DisconnectReason.CLIENT_INITIATED) return;
      this.tell({
        type: 'dropped',
        error: disconnectText(reason, texts()),
        again: !isFinal(reason),
      });
    });
  }

  /** Enter the room, or try again: by HTTP where WebRTC does not get through, or that is wanted. */
  readonly join = (way: Way = 'webrtc'): void => {
    this.attempt.abort();
    const { signal } = (this.attempt = new AbortController());
    this.tell({ type: 'join' });
    if (way === 'http') {
      this.goByHttp(signal);
      return;
    }
    enter(this.room, this.roomName, signal).then(
      (found) => {
        if (signal.aborted) return;
        if (found === 'http') this.goByHttp(signal);
        else this.tell({ type: 'joined', way: found });
      },
      (error: unknown) => {
        if (!signal.aborted) this.tell({ type: 'refused', error: errorText(error) });
      },
    );
  };

  readonly leave = (): void => {
    this.attempt.abort();
    this.tell({ type: 'left' });
    void this.room.disconnect();
  };

  private goByHttp(signal: AbortSignal): void {
    void this.room.disconnect();
    const error = texts().reasons.lost;
    const joined = (): void => {
      this.tell({ type: 'joined', way: 'http' });
    };
    const reconnecting = (): void => {
      this.tell({ type: 'reconnecting' });
    };
    const dropped = (): void => {
      this.tell({ type: 'refused', error });
      this.tell({ type: 'dropped', error, again: true });
    };
    this.follow({ joined, reconnecting, dropped }, signal);
  }

  private tell(event: PhaseEvent): void {
    const phase = nextPhase(this.snapshot(), event);
    this.set(phase);
    clearTimeout(this.again);
    if (phase.name !== 'lost' || phase.retrying || !phase.again) return;
    this.again = setTimeout(this.join, retryDelay(phase.attempt) * 1000);
  }
}
