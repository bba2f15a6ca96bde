//! HL7 aECG.

use std::fmt::Write as _;

/// A file at 500 Hz; values are -10 µV and 5 µV for each step. It has an averaged beat besides.
pub struct Aecg<'a> {
    leads: &'a [(&'a str, &'a [i16])],
    /// How many times the rhythm is there.
    pub series: usize,
}

impl<'a> Aecg<'a> {
    pub fn new(leads: &'a [(&'a str, &'a [i16])]) -> Self {
        Self { leads, series: 1 }
    }

    pub fn text(&self) -> String {
        let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AnnotatedECG xmlns=\"urn:hl7-org:v3\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<id root=\"1.2.3\" extension=\"PID4711\"/>\n\
             <componentOf><subject><name>Quagmire</name><birthTime value=\"1931-02-03\"/></subject></componentOf>\n"
            .to_owned();
        for _ in 0..self.series {
            let _ = write!(
                text,
                "<component><series><code code=\"RHYTHM\"/>\n<component>{}</component>\n<derivation><derivedSeries>\
                 <code code=\"REPRESENTATIVE_BEAT\"/><component>{}</component></derivedSeries></derivation>\n</series></component>\n",
                sequence_set(self.leads),
                sequence_set(&[("I", &[9, 9])])
            );
        }
        text + "</AnnotatedECG>\n"
    }
}

fn sequence_set(leads: &[(&str, &[i16])]) -> String {
    let mut text = "<sequenceSet>\n<component><sequence><code code=\"TIME_ABSOLUTE\"/><value xsi:type=\"GLIST_TS\">\
         <head value=\"20020302141516\"/><increment value=\"0.002\" unit=\"s\"/></value></sequence></component>\n"
        .to_owned();
    for (name, steps) in leads {
        let digits: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "<component><sequence><code code=\"MDC_ECG_LEAD_{name}\"/><value xsi:type=\"SLIST_PQ\"><origin value=\"-10\" unit=\"uV\"/>\
             <scale value=\"5\" unit=\"uV\"/><digits>{}</digits></value></sequence></component>",
            digits.join(" ")
        );
    }
    text + "</sequenceSet>\n"
}
