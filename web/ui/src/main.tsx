import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App';
import { SessionProvider } from './session/SessionProvider';
import './styles/base.css';
import './styles/parts.css';
import './styles/start.css';
import './styles/stage.css';
import './styles/sources.css';
import './styles/transcript.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
const roomName = new URLSearchParams(window.location.search).get('room') ?? '';

createRoot(root).render(
  <StrictMode>
    <SessionProvider roomName={roomName}>
      <App />
    </SessionProvider>
  </StrictMode>,
);
