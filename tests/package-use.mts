// How an app in TypeScript uses the package: type-checked, never run.

import { createEcg, EcgError, probe } from 'inkbeat';
import type { Ecg, ErrorCode, Info, Inspection, Outcome, PrintoutReading, StripAnswer } from 'inkbeat';

const reason: string = (await probe({ device: 'auto' })).reason;
const ecg: Ecg = await createEcg({ device: 'webgpu', baseUrl: '/ecg/', onProgress: ({ stage, loadedBytes }) => [stage, loadedBytes, reason] });
const answer: StripAnswer = await ecg.classifyStrip({ samplesMv: new Float32Array(5000), sampleRateHz: 500, lead: 'II' }, { signal: AbortSignal.timeout(9) });
const { outcome, leads } = await ecg.classifyImage(new Uint8Array(9), { layout: { speed_mm_s: 25 } });

export function summary(either: Outcome): string {
  if (either.status === 'rejected') return either.issues.map(({ message }) => message).join(' ');
  // The kind tells the rest.
  return either.kind === 'printout' ? either.layout.name : either.lead;
}

export function code(error: unknown): ErrorCode | null {
  return error instanceof EcgError ? error.code : null;
}

export const rate: number | undefined = outcome.status === 'ok' ? outcome.measurements.heart_rate_bpm?.value : undefined;
export const reading: PrintoutReading | null = outcome.status === 'ok' && outcome.kind === 'printout' ? outcome : null;
export const facts: [Inspection, Info] = [await ecg.inspect([{ name: 'a.hea', bytes: new ArrayBuffer(1) }]), await ecg.settled()];
export const shown = [summary(answer.outcome), leads[0]?.samples_mv.length];
export const withoutFirst: number | undefined = (await ecg.explain(answer)).labels['AFIB']?.without[0];

// @ts-expect-error An address is no input.
await ecg.classifyImage('https://example.org/ecg.png');
// @ts-expect-error No such lead.
await ecg.classifyStrip(new Blob(), { lead: 'V9' });
// @ts-expect-error Samples without a rate.
await ecg.classifyStrip({ samplesMv: [1, 2, 3] });
// @ts-expect-error An outcome alone can't be explained.
await ecg.explain(outcome);
// @ts-expect-error Only a reading has findings.
outcome.findings;
