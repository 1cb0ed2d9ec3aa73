// What the challenge looks like in the shop's page: the style of its shadow root. A sheet made by
// script, because the shop's Content-Security-Policy need not let in any style of ours.

/** EMV 3DS 2.3.1, "Challenge Window Size", in CSS pixels; 05 is the whole screen. */
export const kWindowSizes = {
  '01': [250, 400],
  '02': [390, 400],
  '03': [500, 600],
  '04': [600, 400],
  '05': [0, 0],
} as const;

export const kStyle = `
:host {
  color-scheme: light dark;
  --text: #1b1f24;
  --ground: #fff;
  --line: #8a939d;
  --accent: #1f5fbf;
  --on-accent: #fff;
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :host {
    --text: #eef1f4;
    --ground: #161b22;
    --line: #6d7783;
    --accent: #8ab8ff;
    --on-accent: #0b1a30;
  }
}
* { box-sizing: border-box }
dialog, section {
  color: var(--text);
  background: var(--ground);
  border: 1px solid var(--line);
}
dialog {
  max-width: 100vw;
  max-height: 100dvh;
  margin: auto;
  padding: 0;
  border-radius: 12px;
  overflow: auto;
}
dialog::backdrop { background: rgb(0 0 0 / 55%) }
.whole {
  width: 100vw;
  height: 100dvh;
  border: 0;
  border-radius: 0;
}
.panel {
  display: flex;
  flex-direction: column;
  width: min(var(--width), 100vw);
}
.whole .panel { width: 100%; height: 100% }
section .panel { width: 100%; max-width: var(--width) }
header {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 4px 4px 4px 16px;
  padding-inline: 16px 4px;
}
h2 { flex: 1; margin: 0; font-size: 1rem; line-height: 1.25; overflow-wrap: anywhere }
iframe {
  display: block;
  width: 100%;
  height: min(var(--height), calc(100dvh - 112px));
  min-height: 160px;
  border: 0;
  background: #fff;
}
.whole iframe { flex: 1; height: auto }
p { margin: 0; padding: 8px 16px }
p:empty { display: none }
button {
  min-width: 44px;
  min-height: 44px;
  padding: 8px 16px;
  color: var(--text);
  background: transparent;
  border: 1px solid var(--line);
  border-radius: 8px;
  font: inherit;
  cursor: pointer;
}
button.main { color: var(--on-accent); background: var(--accent); border-color: var(--accent) }
button.bare { border-color: transparent }
button.full { align-self: stretch; margin: 4px; text-decoration: underline }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px }
button.main:focus-visible { outline-color: var(--on-accent); outline-offset: -6px }
.ask { max-width: min(360px, 100vw); padding: 8px 0 }
.ask h2 { padding: 8px 16px 0; font-size: 1.125rem }
.choice { display: flex; flex-wrap: wrap; gap: 8px; padding: 8px 16px }
.choice button { flex: 1 1 auto }
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: appear 0.15s ease-out }
  @keyframes appear { from { opacity: 0 } }
}
@media (forced-colors: active) {
  button:focus-visible { outline-color: Highlight }
}
`;
