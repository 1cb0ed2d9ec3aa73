// Throughput as bars, one group a measure, each group on a scale of its own: what a reader sees is
// how far apart the programs of one group are. Plain SVG, readable on light and dark pages.
import { shown } from './report.mjs';

const kWidth = 760;
const kLabel = 190;
const kBar = 18;
const kGap = 6;
const kGroupHead = 34;
const kGroups = [
  ['durable POST /sessions, requests a second', /^open_session\.(minimal|nginx|each|grouped)$/],
  ['complete-action with ECDH-ES, requests a second', /^complete_action\.ECDH-ES\./],
  ['complete-action with RSA-OAEP-256, requests a second', /^complete_action\.RSA-OAEP-256\./],
  ['GET /sessions/{key}, requests a second', /^show_session$/],
  ['backlog drained, events a second', /^drain\./],
];

function bar({ label, value }, largest, y) {
  const width = Math.max(1, ((kWidth - kLabel - 90) * value) / largest);
  const kind = label === 'Obolus' ? 'ours' : 'other';
  return `<text x="${kLabel - 8}" y="${y + 13}" text-anchor="end">${label}</text>
<rect x="${kLabel}" y="${y}" width="${width.toFixed(1)}" height="${kBar}" rx="2" class="${kind}"/>
<text x="${(kLabel + width + 6).toFixed(1)}" y="${y + 13}">${shown(value)}</text>`;
}

export function drawChart({ rows }) {
  const parts = [];
  let y = 8;
  for (const [title, pattern] of kGroups) {
    const group = rows.filter(({ id, value }) => pattern.test(id) && value !== null);
    if (group.length === 0) continue;
    const bars = [
      { label: 'Obolus', value: group[0].obolus },
      ...group.map(({ beside, value }) => ({ label: beside, value })),
    ];
    const largest = Math.max(...bars.map(({ value }) => value));
    parts.push(`<text x="8" y="${y + 18}" class="title">${title}</text>`);
    y += kGroupHead - 6;
    for (const each of bars) {
      parts.push(bar(each, largest, y));
      y += kBar + kGap;
    }
    y += 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${kWidth} ${y}" role="img">
<title>Obolus beside its references</title>
<style>
svg { background: #fff; }
text { font: 13px system-ui, sans-serif; fill: #222; }
.title { font-weight: 600; }
.ours { fill: #0b6e4f; }
.other { fill: #9aa5b1; }
</style>
${parts.join('\n')}
</svg>
`;
}
