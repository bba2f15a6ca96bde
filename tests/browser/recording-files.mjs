// Recordings as devices export them, of a made-up heart that beats 75 times a minute.

const LEADS = ['I', 'II', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];
const MICROVOLTS_PER_STEP = 4.88;

/** Thirty seconds of lead I as Apple Health writes it: 512 values a second in µV. */
export function appleHealthCsv() {
  const head = 'Name,Zoe Quagmire\nDate of Birth,"Feb 3, 1931"\nRecorded Date,2026-05-30 16:32:18 -0700\n\nClassification,Sinus Rhythm\nSymptoms,\n'
    + 'Software Version,1.90\nDevice,"Watch7,12"\nSample Rate,512 hertz\n\n\nLead,Lead I\nUnit,µV\n\n';
  return Buffer.from(`${head}${millivolts(30, 512).map((mv) => (1000 * mv).toFixed(3)).join('\n')}\n`);
}

/** Ten seconds as GE's MUSE writes them: eight leads, 500 values a second. */
export function museXml() {
  const leads = LEADS.map((lead, index) => {
    const steps = Int16Array.from(millivolts(10, 500), (mv) => (0.6 + 0.1 * index) * mv * 1000 / MICROVOLTS_PER_STEP);
    const bytes = Buffer.from(steps.buffer);
    return `<LeadData><LeadByteCountTotal>${bytes.length}</LeadByteCountTotal><LeadAmplitudeUnitsPerBit>${MICROVOLTS_PER_STEP}</LeadAmplitudeUnitsPerBit>`
      + `<LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadSampleCountTotal>${steps.length}</LeadSampleCountTotal><LeadSampleSize>2</LeadSampleSize>`
      + `<LeadID>${lead}</LeadID><WaveFormData>${bytes.toString('base64')}</WaveFormData></LeadData>`;
  });
  return Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n<RestingECG><PatientDemographics>'
    + '<PatientLastName>Quagmire</PatientLastName></PatientDemographics><Waveform><WaveformType>Rhythm</WaveformType>'
    + `<NumberofLeads>${LEADS.length}</NumberofLeads><SampleType>CONTINUOUS_SAMPLES</SampleType><SampleBase>500</SampleBase><SampleExponent>0</SampleExponent>`
    + `${leads.join('')}</Waveform></RestingECG>\n`,
  );
}

function millivolts(seconds, rateHz) {
  const wave = (t, at, width) => Math.exp(-0.5 * ((t - at) / width) ** 2);
  return Array.from({ length: seconds * rateHz }, (_, sample) => {
    const t = (sample / rateHz) % 0.8;
    return 0.12 * wave(t, 0.12, 0.025) - 0.1 * wave(t, 0.275, 0.008) + wave(t, 0.3, 0.011) - 0.2 * wave(t, 0.325, 0.01) + 0.25 * wave(t, 0.55, 0.045);
  });
}
