import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App';
import { makeSession, SessionContext } from './session/session';
import './styles/base.css';
import './styles/parts.css';
import './styles/start.css';
import './styles/stage.css';
import './styles/panels.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
const session = makeSession(new URLSearchParams(window.location.search).get('room') ?? '');
session.comeBack();

createRoot(root).render(
  <StrictMode>
    <SessionContext value={session}>
      <App />
    </SessionContext>
  </StrictMode>,
);
