import type { RefObject } from 'react';

/** Takes the video in an element out of the page, or back; undefined where the browser cannot. */
export function usePictureInPicture(ref: RefObject<HTMLElement | null>): (() => void) | undefined {
  if (!('pictureInPictureEnabled' in document && document.pictureInPictureEnabled)) return undefined;
  return () => {
    const video = ref.current?.querySelector('video');
    const done = document.pictureInPictureElement
      ? document.exitPictureInPicture()
      : video?.requestPictureInPicture();
    done?.catch(() => {
      // No picture yet: nothing to take out.
    });
  };
}
