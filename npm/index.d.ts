// Types of the package. Fields of an answer are named as the engine names them (src/outcome.rs); tests compare them.

/** Loads program and weights, tests them on this device. Rejects with an `EcgError` (`INTEGRITY`, `DEVICE_LOST`, `ABORTED`). */
export function createEcg(options?: EcgOptions): Promise<Ecg>;

/** Which device would be tried, and why, in English; loads nothing. */
export function probe(options?: { device?: DeviceChoice | undefined }): Promise<{ device: Device; reason: string }>;

export interface Ecg {
  /** Reads a picture of a printout: JPEG, PNG, WebP, BMP, GIF, TIFF, and what else the browser can decode (HEIC, AVIF). */
  classifyImage(input: FileInput, options?: ImageOptions): Promise<ImageAnswer>;
  /** Reads a recording (CSV, EDF, DICOM, MUSE and HL7 XML, JSON, ATC; WFDB as header and signal file), or samples. */
  classifyStrip(input: FileInput | FileInput[] | Samples, options?: StripOptions): Promise<StripAnswer>;
  /**
   * Which leads an answer rests on: its reading again, with one lead at a time hidden. Rejects with code `DECODE` for an answer
   * without `windows`.
   */
  explain(answer: { windows: Float32Array[] }, options?: Cancellable): Promise<Explanation>;
  /** Says what a file holds without classifying it. Rejects as reading it would, except for a missing sample rate. */
  inspect(input: FileInput | FileInput[] | Samples, options?: StripFacts & Cancellable): Promise<Inspection>;
  info(): Info;
  /** Resolves to `info()` once the device is chosen for good. Nothing is requested after that. */
  settled(): Promise<Info>;
  /** Stops the workers. Whatever waits or comes later rejects with code `ABORTED`. */
  dispose(): void;
}

export interface EcgOptions extends Cancellable {
  /** `auto` (default): WebGPU where it proves right and no slower, tried beside the processor; `webgpu`: waits for it. */
  device?: DeviceChoice | undefined;
  /** Folder with `pkg/` and `models/`; default: beside the package's own files. */
  baseUrl?: string | URL | undefined;
  /** Address of `engine/worker.js`, on the page's own origin; default: beside the package's own files. */
  workerUrl?: string | URL | undefined;
  onProgress?: ((progress: LoadingProgress) => void) | undefined;
}

export interface LoadingProgress {
  /** The program is downloaded and checked, then the weights. */
  stage: 'download' | 'check' | 'weights' | 'webgpu-download' | 'webgpu-check';
  /** While downloading. */
  loadedBytes: number | null;
  /** Where the server says it. */
  totalBytes: number | null;
}

export interface Cancellable {
  /** Takes effect at once, with an `EcgError` of code `ABORTED` whose `cause` is the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Names only serve to find the signal file that a WFDB header names; content decides what a file is. */
export type FileInput = Blob | ArrayBuffer | ArrayBufferView | { name: string; bytes: ArrayBuffer | ArrayBufferView };

/** One lead in memory. */
export interface Samples {
  samplesMv: ArrayLike<number>;
  sampleRateHz: number;
  lead?: LeadName | undefined;
}

/** What a file may not say itself; what it does say wins. */
export interface StripFacts {
  /** Of several leads, the one to read; else II, else I, else the first. */
  lead?: LeadName | undefined;
  sampleRateHz?: number | undefined;
  unit?: 'mV' | 'uV' | 'V' | undefined;
}

export interface StripOptions extends StripFacts, Cancellable {
  onStage?: ((stage: 'decode' | 'prepare' | 'classify') => void) | undefined;
}

export interface ImageOptions extends Cancellable {
  onStage?: ((stage: 'decode' | 'rectify' | 'digitise' | 'classify') => void) | undefined;
  /** The page's corners in pixels of the upright photo (`photo` of an answer), where its grid can't be found. */
  rectify?: {
    /** Upper left, upper right, lower right, lower left. */
    corners: [Point, Point, Point, Point];
    /** Size of what lies between them. */
    paper: { width_mm: number; height_mm: number };
  } | undefined;
  /** Which lead it is, of a page that shows only one. */
  lead?: LeadName | undefined;
  /** What a person says of the page; see `questions` of the layout. */
  layout?: { speed_mm_s?: number | undefined; gain_mm_mv?: number | undefined; name?: string | undefined } | undefined;
}

export type Point = [x: number, y: number];

export interface ImageAnswer {
  outcome: PrintoutOutcome;
  /** Size of the upright photo. */
  photo: { width: number; height: number } | null;
  /** The straightened page. */
  picture: { width: number; height: number; rgba: Uint8ClampedArray } | null;
  leads: DigitisedLead[];
  /**
   * `leads` on one clock as a WFDB record: the contents of `inkbeat-signals.hea` and `.dat` (format 16). Volts and seconds are those
   * of the speed and gain that were read or assumed. `null` where no lead could be named.
   */
  wfdb: { header: string; signals: Uint8Array } | null;
  windows: Windows;
}

export interface DigitisedLead {
  lead: LeadName | 'unknown';
  is_rhythm: boolean;
  start_s: number;
  sample_rate_hz: number;
  /** NaN where nothing could be read. */
  samples_mv: Float32Array;
  /** x, y, x, y … in pixels of `picture`. */
  overlay: Float32Array;
}

export interface StripAnswer {
  outcome: StripOutcome;
  /** The lead that was read, as recorded. */
  strip: {
    sampleRateHz: number;
    samplesMv: Float32Array;
    /** At which samples its beats are. */
    rPeaks: Uint32Array;
  } | null;
  windows: Windows;
}

/** What was read of many leads together, for `explain`; empty where one lead was read, or a page whose leads have no names. */
export type Windows = Float32Array[];

export interface Explanation {
  /** The leads that were read. */
  leads: LeadName[];
  /** By label, as in `scores`. */
  labels: Record<string, Occlusion>;
}

export interface Occlusion {
  /** With all leads. */
  probability: number;
  /** Without each of `leads`, in their order. */
  without: number[];
}

/** What was read, or, for an ECG that can't be judged, why not. */
export type Outcome = PrintoutOutcome | StripOutcome;
export type PrintoutOutcome = ({ status: 'ok' } & (PrintoutReading | StripReading)) | Rejected;
export type StripOutcome = ({ status: 'ok' } & (StripReading | RecordingReading)) | Rejected;

export interface Rejected {
  status: 'rejected';
  /** At least one of severity `reject`. */
  issues: Issue[];
}

export interface PrintoutReading extends Reading {
  kind: 'printout';
  layout: Layout;
  lead: null;
}

/** One lead: of a recording, or of a page that shows only that one. */
export interface StripReading extends Reading {
  kind: 'strip';
  /** Of a page. */
  layout: Layout | null;
  lead: LeadName | 'unknown';
}

/** A recording whose leads were read together: at least eight named ones, and none asked for alone. */
export interface RecordingReading extends Reading {
  kind: 'recording';
  layout: null;
  /** The one in `strip`. */
  lead: LeadName;
}

export interface Reading {
  kind: Kind;
  /** Above their threshold: superclasses first, then by probability. */
  findings: Finding[];
  /** Probability of every label. */
  scores: Record<string, number>;
  measurements: Measurements;
  quality: Quality;
  layout: Layout | null;
  lead: string | null;
  provenance: Provenance;
  /** Milliseconds by stage. */
  timings_ms: Record<string, number>;
}

export type Kind = 'printout' | 'strip' | 'recording';

export interface Finding {
  /** E.g. `AFIB`. */
  code: string;
  /** Plain English. */
  name: string;
  group: 'superclass' | 'subclass' | 'diagnostic' | 'form' | 'rhythm';
  /** 0–1. */
  probability: number;
  band: 'possible' | 'likely';
}

/** Absent where they could not be measured. */
export interface Measurements {
  heart_rate_bpm?: Interval;
  rhythm?: 'regular' | 'irregular';
  pr_ms?: Interval;
  qrs_ms?: Interval;
  qt_ms?: Interval;
  /** Fridericia. */
  qtc_ms?: Interval;
}

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface Quality {
  /** 0 (hopeless) to 1 (flawless). */
  score: number;
  /** Printouts only. */
  pixels_per_mm: number | null;
  /** Warnings. */
  issues: Issue[];
}

export interface Issue {
  /** Stable, e.g. `BLURRED`. */
  code: string;
  severity: Severity;
  /** Plain English. */
  message: string;
  hint: string;
}

export type Severity = 'warn' | 'reject';

/** Confidences are 0–1. */
export interface Layout {
  /** Rows × columns + rhythm strips: `3x4+1`, `cabrera 6x2`, …, `one lead` in rows, or `unknown`. */
  name: string;
  name_confidence: number;
  speed_mm_s: number | null;
  speed_confidence: number;
  gain_mm_mv: number | null;
  gain_confidence: number;
  chest_gain_mm_mv?: number;
  /** Clockwise. */
  rotation_deg: number;
  rhythm_leads: string[];
  /** What a person should be asked. */
  questions: LayoutQuestion[];
  /** What a person has said. */
  by_person?: LayoutQuestion[];
}

export type LayoutQuestion = 'speed' | 'gain' | 'layout';

export interface Provenance {
  model: string;
  version: string;
  sha256: string;
  device: Device;
  fallback_reason: string | null;
}

export type Inspection = PrintoutInspection | StripInspection;

export interface PrintoutInspection {
  kind: 'printout';
  format: 'jpg' | 'png' | 'webp' | 'bmp' | 'gif' | 'tiff' | 'heif';
  /** Upright. */
  widthPx: number;
  heightPx: number;
}

export interface StripInspection {
  kind: 'strip';
  format: 'table' | 'xml' | 'json' | 'atc' | 'edf' | 'dicom' | 'wfdb';
  /** Null where neither file nor options say it; it must then be given to `classifyStrip`. */
  sampleRateHz: number | null;
  durationS: number | null;
  /** In the file's order; the derived ones where it stores the eight of which they follow. */
  leads: (LeadName | 'unknown')[];
  /** Warnings, e.g. that the file holds further recordings. */
  issues: Issue[];
}

export interface Info {
  /** Of the program. */
  version: string;
  device: Device;
  /** Why not WebGPU, in English. */
  fallbackReason: string | null;
  /** Until then the device may still change from `cpu` to `webgpu`. */
  isSettled: boolean;
  models: ModelInfo[];
}

export interface ModelInfo {
  name: string;
  version: string;
  /** Of the weights, checked before they are used. */
  sha256: string;
  trainedOn: string;
  /** Largest deviation of the golden logits on this device. */
  selfTestDeviation: number;
}

export type Device = 'cpu' | 'webgpu';
export type DeviceChoice = 'auto' | Device;
export type LeadName = 'I' | 'II' | 'III' | 'aVR' | 'aVL' | 'aVF' | 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6';

/** A file, device or copy of the program that can't be used, or work that was given up. A bad ECG is no error but `Rejected`. */
export class EcgError extends Error {
  readonly name: 'EcgError';
  readonly code: ErrorCode;
  /** What a person can do about it, in English; may be empty. */
  readonly hint: string;
  /** For logs; may be empty. */
  readonly detail: string;
  private constructor();
}

export type ErrorCode =
  | 'UNSUPPORTED_FORMAT'
  | 'TOO_LARGE'
  | 'DECODE'
  | 'INTEGRITY'
  | 'OUT_OF_MEMORY'
  | 'DEVICE_LOST'
  | 'ABORTED';
