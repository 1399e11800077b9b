import { useCamera } from '../hooks/useCamera';
import { useCameraDevices } from '../hooks/useCameraDevices';
import { Icon } from './Icon';

export function CameraControl() {
  const camera = useCamera();
  const { devices, active } = useCameraDevices(camera.on);
  return (
    <div className="control camera">
      <button type="button" className="tool" aria-pressed={camera.on} onClick={camera.toggle}>
        <Icon name={camera.on ? 'camera' : 'cameraOff'} />
        Camera
      </button>
      {devices.length > 1 && (
        <select
          aria-label="Which camera"
          value={active}
          onChange={(event) => {
            camera.choose(event.target.value);
          }}
        >
          {devices.map((device, index) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label === '' ? `Camera ${index + 1}` : device.label}
            </option>
          ))}
        </select>
      )}
      <p className="hint" role="status">
        {camera.opening ? 'Opening the camera…' : ''}
      </p>
      <p className="error" role="alert">
        {camera.error}
      </p>
    </div>
  );
}
