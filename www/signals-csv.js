// Digitised leads as a table: one clock, one column of millivolts for each lead.

/**
 * CSV with `time_s` (six decimals) and mV (four decimals); blank where a lead wasn't printed or had no trace.
 * A lead that is printed twice keeps its name in the grid; its strip is called `II (rhythm)`.
 * @param {{lead: string, is_rhythm: boolean, start_s: number|null, sample_rate_hz: number, samples_mv: Float32Array}[]} leads
 */
export function signalsCsv(leads) {
  const rateHz = Math.max(...leads.map(({ sample_rate_hz: rate }) => rate));
  const starts = leads.map(({ start_s: start }) => start ?? 0);
  const begin = Math.min(...starts);
  const ends = leads.map(({ samples_mv: samples, sample_rate_hz: rate }, index) => starts[index] + samples.length / rate);
  const rows = Math.round((Math.max(...ends) - begin) * rateHz);
  const lines = [['time_s', ...columnNames(leads)].join(',')];
  for (let row = 0; row < rows; row += 1) {
    const time = begin + row / rateHz;
    const cells = leads.map(({ samples_mv: samples, sample_rate_hz: rate }, index) => {
      const mv = samples[Math.round((time - starts[index]) * rate)];
      return Number.isFinite(mv) ? mv.toFixed(4) : '';
    });
    lines.push([time.toFixed(6), ...cells].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function columnNames(leads) {
  const used = new Map();
  return leads.map(({ lead, is_rhythm: rhythm }) => {
    const bare = lead === 'unknown' ? 'ecg' : lead;
    const twice = leads.filter((other) => other.lead === lead).length > 1;
    const name = rhythm && twice && lead !== 'unknown' ? `${bare} (rhythm)` : bare;
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count > 1 ? `${name}_${count}` : name;
  });
}
