import type { RemoteVideoTrack } from 'livekit-client';

/** Shows pictures as a browser does; `stamps` holds what LiveKit knows of them, by RTP timestamp. */
export class Screen {
  readonly stamps = new Map<number, number>();
  private callback: VideoFrameRequestCallback | undefined;
  private number = 0;

  readonly video = {
    requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => {
      this.callback = callback;
      return (this.number += 1);
    },
    cancelVideoFrameCallback: (handle: number) => {
      if (handle === this.number) this.callback = undefined;
    },
  } as HTMLVideoElement;

  readonly receiver: { jitterBufferTarget: number | null } = { jitterBufferTarget: -1 };
  readonly track = {
    receiver: this.receiver,
    lookupFrameMetadata: ({ rtpTimestamp }: { rtpTimestamp: number }) => {
      const seconds = this.stamps.get(rtpTimestamp);
      return seconds && { userTimestamp: BigInt(Math.round(seconds * 1e6)), frameId: 0 };
    },
  } as unknown as RemoteVideoTrack;

  /** The picture of `capture` (Unix s) is seen at `at` (ms); undefined: it brings no stamp. */
  show(capture: number | undefined, at: number): void {
    const rtpTimestamp = this.number;
    if (capture !== undefined) this.stamps.set(rtpTimestamp, capture);
    this.callback?.(at, { rtpTimestamp, expectedDisplayTime: at } as VideoFrameCallbackMetadata);
  }

  get watched(): boolean {
    return this.callback !== undefined;
  }
}
