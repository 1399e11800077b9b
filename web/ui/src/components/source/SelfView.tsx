import { useEffect, useRef } from 'react';

interface Props {
  readonly video: MediaStreamTrack;
  readonly label: string;
}

/** What this page shows, live: to hold the camera by. */
export function SelfView({ video, label }: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.srcObject = new MediaStream([video]);
  }, [video]);
  return <video ref={ref} className="selfview" aria-label={label} autoPlay playsInline muted />;
}
