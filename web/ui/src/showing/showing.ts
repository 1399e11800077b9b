import { RoomEvent } from 'livekit-client';
import type { Room } from 'livekit-client';

import { captureError, isRefused } from '../logic/errors';
import { Store } from '../logic/store';
import type { Texts } from '../texts/texts';
import { cameraAllowed, cameraPlugged } from './changes';
import { captureCamera, captureFile, captureScreen } from './capture';
import type { CameraWish, Capture } from './capture';
import { publish, unpublish } from './publish';
import type { Kind } from './publish';
import { NOTHING } from './shown';
import type { Shown } from './shown';

/** What this page shows to the room: one camera, screen or film at a time. */
export class Showing extends Store<Shown> {
  private capture: Capture | undefined;
  /** Grows with every wish, so that one that comes true late knows that it is no longer wanted. */
  private turn = 0;

  constructor(
    private readonly room: Room,
    private readonly texts: () => Texts,
  ) {
    super(NOTHING);
    room.on(RoomEvent.Connected, () => {
      void this.publish();
    });
  }

  camera(wish: CameraWish = {}): Promise<void> {
    return this.show('camera', () => captureCamera(wish));
  }

  screen(): Promise<void> {
    return this.show('screen', captureScreen);
  }

  film(file: File): Promise<void> {
    return this.show('file', () => captureFile(file));
  }

  stop(): void {
    this.turn += 1;
    this.letGo();
    this.set(NOTHING);
  }

  /** Takes the next camera; says that `gone` is. */
  private async replace(gone: string): Promise<void> {
    await this.show('camera', () => captureCamera({}));
    const { error, label } = this.snapshot();
    if (error === '') this.tell({ note: this.texts().source.unplugged(gone, label) });
    else this.again(cameraPlugged);
  }

  private async show(kind: Kind, open: () => Promise<Capture>): Promise<void> {
    const turn = ++this.turn;
    this.tell({ opening: true, error: '', note: '' });
    let capture: Capture;
    try {
      capture = await open();
    } catch (reason) {
      if (turn === this.turn) this.failed(kind, reason);
      return;
    }
    if (turn !== this.turn) {
      capture.stop();
      return;
    }
    this.letGo();
    this.capture = capture;
    capture.video.addEventListener('ended', () => {
      if (this.capture === capture) this.ended(kind, capture.label);
    });
    this.set({ ...NOTHING, kind, label: capture.label, video: capture.video });
    await this.publish();
  }

  private failed(kind: Kind, reason: unknown): void {
    const error = captureError(kind, reason, this.texts());
    this.tell({ opening: false, error });
    if (kind === 'camera' && isRefused(reason)) this.again(cameraAllowed);
  }

  private ended(kind: Kind, label: string): void {
    this.letGo();
    const ended = this.texts().source.ended(label);
    this.set({ ...NOTHING, note: ended });
    if (kind === 'camera') void this.replace(label);
  }

  /** Tries once more when that comes true, if nothing else was wished for by then. */
  private again(when: () => Promise<void>): void {
    const turn = this.turn;
    void when().then(() => {
      if (turn === this.turn) void this.camera();
    });
  }

  private async publish(): Promise<void> {
    const { capture } = this;
    const kind = this.snapshot().kind;
    if (capture === undefined || kind === undefined) return;
    try {
      await publish(this.room, capture, kind);
    } catch (reason) {
      if (this.capture === capture) this.tell({ error: captureError(kind, reason, this.texts()) });
    }
  }

  private letGo(): void {
    const { capture } = this;
    this.capture = undefined;
    if (capture === undefined) return;
    unpublish(this.room, capture);
    capture.stop();
  }

  private tell(change: Partial<Shown>): void {
    this.set({ ...this.snapshot(), ...change });
  }
}
