//! GE MUSE XML.

use std::fmt::Write as _;

/// A file at 500 Hz and 4.88 µV a step, with a median besides.
pub struct Muse<'a> {
    leads: &'a [(&'a str, &'a [i16])],
}

impl<'a> Muse<'a> {
    pub fn new(leads: &'a [(&'a str, &'a [i16])]) -> Self {
        Self { leads }
    }

    pub fn text(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<!DOCTYPE RestingECG SYSTEM \"restecg.dtd\">\n<RestingECG>\n\
             <PatientDemographics>\n<PatientID>PID4711</PatientID>\n<DateofBirth>1931-02-03</DateofBirth>\n\
             <PatientLastName>Quagmire</PatientLastName>\n<PatientFirstName>Zoe</PatientFirstName>\n</PatientDemographics>\n\
             {}{}</RestingECG>\n",
            waveform("Median", &[("I", &[9, 9])]),
            waveform("Rhythm", self.leads)
        )
    }
}

fn waveform(kind: &str, leads: &[(&str, &[i16])]) -> String {
    let mut text = format!(
        "<Waveform>\n<WaveformType>{kind}</WaveformType>\n<NumberofLeads>{}</NumberofLeads>\n<SampleType>CONTINUOUS_SAMPLES</SampleType>\n\
         <SampleBase>500</SampleBase>\n<SampleExponent>0</SampleExponent>\n",
        leads.len()
    );
    for (name, steps) in leads {
        let bytes: Vec<u8> = steps.iter().flat_map(|step| step.to_le_bytes()).collect();
        let _ = write!(
            text,
            "<LeadData>\n<LeadByteCountTotal>{}</LeadByteCountTotal>\n<LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>\n\
             <LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits>\n<LeadSampleCountTotal>{}</LeadSampleCountTotal>\n\
             <LeadSampleSize>2</LeadSampleSize>\n<LeadID>{name}</LeadID>\n<WaveFormData>\n{}</WaveFormData>\n</LeadData>\n",
            bytes.len(),
            steps.len(),
            base64(&bytes)
        );
    }
    text + "</Waveform>\n"
}

/// In lines of 76 letters, as such files have it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (index, chunk) in bytes.chunks(3).enumerate() {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte))
            << (8 * (3 - chunk.len()));
        for letter in 0..4 {
            if letter <= chunk.len() {
                text.push(char::from(
                    LETTERS[(bits >> (18 - 6 * letter)) as usize & 63],
                ));
            } else {
                text.push('=');
            }
        }
        if index % 19 == 18 {
            text.push('\n');
        }
    }
    text + "\n"
}
